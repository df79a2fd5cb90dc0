"""Registers the reward model `image-metrics`."""

from editgauge import Register, hookimpl


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "image-metrics",
        config="editgauge.config_schemas.image_metrics:ImageMetricsConfig",
        target="editgauge.plugins.image_metrics.model:ImageMetrics",
        summary="PSNR, SSIM, LPIPS and differences, against the source or a reference image",
    )
