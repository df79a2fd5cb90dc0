import pytest

from editgauge.core.workers.devices import DeviceError, bind, choose_devices, visible_devices


@pytest.mark.parametrize(
    ("devices", "visible", "bound", "torch_device"),
    [
        (["cuda:0"], None, "0", "cuda:0"),
        (["cuda:3"], None, "3", "cuda:0"),
        (["cuda:1"], "4,6", "6", "cuda:0"),
        (["cuda:1"], "GPU-aaaa, GPU-bbbb", "GPU-bbbb", "cuda:0"),
        (["cuda:0", "cuda:1"], "5,MIG-cc", "5,MIG-cc", "cuda"),
        (["cpu"], "0,1", "", "cpu"),
    ],
)
def test_devices_are_bound_within_what_is_visible(
    devices: list[str], visible: str | None, bound: str, torch_device: str
) -> None:
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    binding = bind(devices, environ)
    assert binding.environment == {"CUDA_VISIBLE_DEVICES": bound}
    assert binding.torch_device == torch_device
    assert binding.devices == tuple(devices)


def test_mps_needs_no_binding() -> None:
    assert bind(["mps"], {}).environment == {}


@pytest.mark.parametrize("visible", ["", "-1", "0", "-1,1"])
def test_a_device_that_is_not_visible_is_refused(visible: str) -> None:
    with pytest.raises(DeviceError, match=r"there is no cuda:1.*CUDA_VISIBLE_DEVICES"):
        bind(["cuda:1"], {"CUDA_VISIBLE_DEVICES": visible})


def test_the_list_of_visible_devices_ends_at_minus_one() -> None:
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "2,-1,3"}) == ["2"]
    assert visible_devices({}) is None


def test_auto_takes_every_gpu_or_one_cpu_worker() -> None:
    assert choose_devices("auto", ["cuda:0", "cuda:1", "cpu"]) == [("cuda:0",), ("cuda:1",)]
    assert choose_devices("auto", ["mps", "cpu"]) == [("mps",)]
    assert choose_devices("auto", ["cpu"]) == [("cpu",)]
    assert choose_devices("auto", []) == [("cpu",)]


def test_listed_devices_are_taken_as_they_are() -> None:
    found = ["cuda:0", "cuda:1", "cpu"]
    assert choose_devices(["cuda:0", "cuda:0"], found) == [("cuda:0",), ("cuda:0",)]
    assert choose_devices([["cuda:0", "cuda:1"], "cpu"], found) == [("cuda:0", "cuda:1"), ("cpu",)]


def test_a_gpu_that_the_workers_python_does_not_see_is_refused() -> None:
    with pytest.raises(DeviceError, match=r"there is no cuda:2: .* sees cuda:0, cpu"):
        choose_devices(["cuda:2"], ["cuda:0", "cpu"])
