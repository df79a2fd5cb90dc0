// The samples, and which of them are shown in which order. Text from data only ever becomes
// `textContent`: nothing here makes markup of a string.
"use strict";

const report = JSON.parse(document.getElementById("data").textContent);

/** Makes an element; what is not an attribute is `text`, `class` or a handler in `on`. */
function make(tag, { text, on = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const [name, handler] of Object.entries(on)) element.addEventListener(name, handler);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const shown = {
  number: (value) => value.toFixed(2),
  grouped: (value) => value.toLocaleString("en-US"),
  axis: (value) => String(Number(value.toPrecision(6))),
};

function picture(stem, size) {
  return `pictures/${stem}-${size}.webp`;
}

/** An image, or words in its place if there is none or its file is not there. */
function imageOf(stem, size, alternative, missing) {
  if (!stem) return make("span", { class: "missing", text: missing });
  const image = make("img", {
    src: picture(stem, size), alt: alternative, decoding: "async", draggable: "false",
  });
  image.addEventListener("error", () => {
    image.replaceWith(make("span", { class: "missing", text: "picture not made" }));
  });
  return image;
}

const samples = report.samples;
const categories = report.categories.map((name) => name || "no category");
const positions = new Map(samples.map((sample, position) => [sample.name, position]));

const stateOf = (sample) => report.states[sample.state];
const textOf = (sample) => {
  sample.haystack ??= [sample.id, sample.instruction, sample.reply, sample.reason]
    .filter(Boolean).join("\n").toLowerCase();
  return sample.haystack;
};

const selection = {
  wanted: { result: "all", state: "", category: "", order: "row", text: "" },
  /** Positions of the samples that are shown, in order. */
  positions: samples.map((_, position) => position),

  get isWhole() {
    const { result, state, category, text } = this.wanted;
    return result === "all" && !state && !category && !text;
  },

  change(wanted) {
    Object.assign(this.wanted, wanted);
    const { result, state, category, order } = this.wanted;
    const words = this.wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    this.positions = [];
    samples.forEach((sample, position) => {
      if (result !== "all" && (stateOf(sample).kind === "good") !== (result === "good")) return;
      if (state && sample.state !== state) return;
      if (category !== "" && sample.category !== Number(category)) return;
      if (words.length && !words.every((word) => textOf(sample).includes(word))) return;
      this.positions.push(position);
    });
    if (order !== "row") {
      // What has no score comes last in either order; the sort is stable, so in row order.
      const sign = order === "lowest" ? 1 : -1;
      const key = (position) => (samples[position].score ?? sign * Infinity) * sign;
      this.positions.sort((one, other) => {
        const [left, right] = [key(one), key(other)];
        return left < right ? -1 : left > right ? 1 : 0;
      });
    }
  },
};
