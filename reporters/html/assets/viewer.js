// One sample in full: side by side or with a slider, and everything that is known about it.
"use strict";

const viewer = {
  dialog: document.getElementById("viewer"),
  title: document.getElementById("viewer-title"),
  pictures: document.getElementById("pictures"),
  facts: document.getElementById("facts"),
  choices: document.getElementById("comparison"),
  /** What is wished; a sample without both images is shown side by side nevertheless. */
  comparison: "sides",
  position: null,

  show(position) {
    this.position = position;
    const sample = samples[position];
    this.title.textContent = sample.id || "(no id)";
    this.drawPictures(sample);
    this.drawFacts(sample);
    const places = this.places();
    const place = places.indexOf(position);
    document.getElementById("previous").disabled = place <= 0;
    document.getElementById("next").disabled = place < 0 || place >= places.length - 1;
    if (!this.dialog.open) {
      this.dialog.showModal();
      this.title.focus();
    } else if (document.activeElement.disabled) {
      // A button that has led to its last sample would keep the keys to itself.
      this.title.focus();
    }
    this.dialog.querySelector(".viewer-body").scrollTop = 0;
  },

  /** The samples to go through: those that are shown, or all if this one is not among them. */
  places() {
    if (selection.positions.includes(this.position)) return selection.positions;
    return samples.map((_, position) => position);
  },

  step(by) {
    const places = this.places();
    const next = places[places.indexOf(this.position) + by];
    if (next !== undefined) location.replace(`#sample=${samples[next].name}`);
  },

  compare(how) {
    this.comparison = how;
    this.drawPictures(samples[this.position]);
  },

  /** Changes the view and puts the focus where the arrow keys are of use in it. */
  toggle() {
    const sample = samples[this.position];
    if (!hasBoth(sample)) return;
    this.compare(this.comparison === "sides" ? "slider" : "sides");
    (this.pictures.querySelector("input") ?? this.title).focus();
  },

  drawPictures(sample) {
    const focused = this.pictures.contains(document.activeElement);
    const how = hasBoth(sample) ? this.comparison : "sides";
    for (const choice of this.choices.querySelectorAll("input")) {
      choice.checked = choice.value === how;
      choice.disabled = choice.value === "slider" && !hasBoth(sample);
    }
    this.fillPictures(sample, how);
    // What had the focus is gone; on a slider, arrows go on to move the cut.
    if (focused) (this.pictures.querySelector("input") ?? this.title).focus();
  },

  fillPictures(sample, how) {
    const size = report.sizes.picture;
    const several = (sample.sources?.length ?? 0) > 1;
    const sources = (sample.sources ?? [null]).map((stem, number) => {
      const name = several ? `Source ${number + 1}` : "Source";
      return [name, imageOf(stem, size, `${name} image of ${sample.id}`, "source not available")];
    });
    const edited = imageOf(sample.edited, size, `Edited image of ${sample.id}`,
      `no edited image: ${stateOf(sample).label}`);
    this.pictures.classList.toggle("sides", how === "sides");
    if (how === "sides") {
      this.pictures.replaceChildren(...[...sources, ["Edited", edited]].map(
        ([name, image]) => make("figure", {}, make("figcaption", { text: name }), image)));
      return;
    }
    this.pictures.replaceChildren(slider(sample, sources[0][1], edited));
  },

  drawFacts(sample) {
    const state = stateOf(sample);
    const scored = sample.score !== undefined;
    const range = sample.minimum === undefined ? ""
      : ` of ${shown.axis(sample.minimum)} to ${shown.axis(sample.maximum)}`;
    const pairs = [
      ["Category", categories[sample.category]],
      ["Row", shown.grouped(sample.row)],
      ["Rubric", sample.rubric],
      ["Edit took", sample.seconds === undefined ? "" : `${sample.seconds.toFixed(1)} s`],
      ["Attempts", sample.attempts > 1 ? String(sample.attempts) : ""],
      ["Size", sample.width ? `${sample.width} × ${sample.height}` : ""],
    ].filter(([, value]) => value);
    this.facts.replaceChildren(...[
      make("p", { class: "verdict" },
        make("span", { class: scored ? "figure" : "figure figure-none",
          text: scored ? shown.number(sample.score) : "no score" }),
        scored ? make("span", { class: "of", text: range }) : null,
        make("span", { class: `badge badge-${state.kind}`, text: state.label })),
      sample.reason ? part("Reason", make("p", { class: "prose", text: sample.reason })) : null,
      part("Instruction", make("p", { class: "prose", text: sample.instruction || "(none)" })),
      sample.reply === undefined ? null
        : part("Reply of the judge", make("p", { class: "prose reply", text: sample.reply })),
      make("dl", { class: "pairs" }, ...pairs.map(([name, value]) => make("div", {},
        make("dt", { text: name }), make("dd", { text: value })))),
      make("p", { class: "small" }, make("a", {
        href: `#sample=${sample.name}`, text: "Link to this sample",
      })),
    ].filter(Boolean));
  },
};

/** Whether there is something to compare: a failed edit has no edited image. */
function hasBoth(sample) {
  return Boolean(sample.sources?.[0] && sample.edited);
}

function part(heading, content) {
  return make("section", {}, make("h3", { text: heading }), content);
}

function slider(sample, source, edited) {
  const input = make("input", {
    type: "range", min: 0, max: 100, step: 1, value: 50,
    "aria-label": "How much of the source is shown, in percent",
  });
  const box = make("div", { class: "compare" },
    make("div", { class: "layer" }, source),
    make("div", { class: "layer layer-edited" }, edited),
    input,
    make("span", { class: "handle", "aria-hidden": "true" }),
    make("span", { class: "corner corner-left", "aria-hidden": "true", text: "Source" }),
    make("span", { class: "corner corner-right", "aria-hidden": "true", text: "Edited" }));
  if (sample.width) box.style.aspectRatio = `${sample.width} / ${sample.height}`;
  if (sample.width) box.style.setProperty("--ratio", sample.width / sample.height);
  const cut = () => box.style.setProperty("--cut", `${input.value}%`);
  input.addEventListener("input", cut);
  cut();
  return box;
}
