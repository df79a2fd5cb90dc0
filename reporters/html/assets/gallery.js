// The cards: only those near the window are in the page, so thousands scroll like a few.
"use strict";

const gallery = {
  window: document.getElementById("window"),
  list: document.getElementById("cards"),
  columns: 1,
  rowHeight: 1,
  first: 0,
  end: 0,
  active: 0,

  /** Lays out anew: the selection or the width has changed. */
  layOut() {
    const style = getComputedStyle(this.list);
    const gap = parseFloat(style.rowGap) || 0;
    const least = parseFloat(style.getPropertyValue("--least")) * parseFloat(
      getComputedStyle(document.documentElement).fontSize);
    const width = this.window.clientWidth;
    this.columns = Math.max(1, Math.floor((width + gap) / (least + gap)));
    this.rowHeight = parseFloat(style.gridAutoRows) + gap;
    const rows = Math.ceil(selection.positions.length / this.columns);
    this.window.style.height = `${Math.max(0, rows * this.rowHeight - gap)}px`;
    this.list.style.gridTemplateColumns = `repeat(${this.columns}, minmax(0, 1fr))`;
    const focused = this.list.contains(document.activeElement);
    this.first = this.end = 0;
    this.list.replaceChildren();
    this.active = Math.min(this.active, Math.max(0, selection.positions.length - 1));
    this.draw();
    if (focused) this.focus(this.active);
  },

  /** Puts the cards near the window into the page, and takes the others out. */
  draw() {
    const above = -this.window.getBoundingClientRect().top;
    const from = Math.floor(above / this.rowHeight) - 2;
    const to = Math.ceil((above + innerHeight) / this.rowHeight) + 2;
    const count = selection.positions.length;
    const clamp = (row) => Math.min(Math.max(row * this.columns, 0), count);
    const [first, end] = [clamp(from), clamp(to)];
    if (first === this.first && end === this.end) return;
    if (first >= this.end || end <= this.first) {
      this.list.replaceChildren();
      this.first = this.end = first;
    }
    // In place, so that a card that stays keeps its focus.
    while (this.first < first) { this.list.firstChild.remove(); this.first += 1; }
    while (this.end > end) { this.list.lastChild.remove(); this.end -= 1; }
    const before = [];
    for (let place = first; place < this.first; place += 1) before.push(this.card(place));
    this.list.prepend(...before);
    this.first = first;
    const after = [];
    for (; this.end < end; this.end += 1) after.push(this.card(this.end));
    this.list.append(...after);
    this.list.style.transform = `translateY(${(first / this.columns) * this.rowHeight}px)`;
  },

  card(place) {
    const sample = samples[selection.positions[place]];
    const state = stateOf(sample);
    const size = report.sizes.thumbnail;
    const pair = make("span", { class: "pair" },
      imageOf(sample.sources?.[0], size, "", "no source"),
      imageOf(sample.edited, size, "", "no edit"));
    const score = sample.score === undefined ? null
      : make("span", { class: "score", text: shown.number(sample.score) });
    const link = make("a", { class: "card", href: `#sample=${sample.name}` },
      pair,
      meter(sample),
      make("span", { class: "card-line" },
        make("span", { class: "card-id", text: sample.id || "(no id)" }),
        score ?? make("span", { class: `badge badge-${state.kind}`, text: state.label })),
      make("span", { class: "card-text", text: sample.instruction ?? "" }),
      make("span", { class: "card-category", text: categories[sample.category] }));
    link.addEventListener("focus", () => { this.active = place; });
    return make("li", {
      "aria-setsize": selection.positions.length, "aria-posinset": place + 1, "data-place": place,
    }, link);
  },

  /** Brings a card into the window and gives it the focus. */
  focus(place) {
    if (!selection.positions.length) return;
    this.active = Math.min(Math.max(place, 0), selection.positions.length - 1);
    const top = Math.floor(this.active / this.columns) * this.rowHeight;
    const bounds = this.window.getBoundingClientRect();
    const room = innerHeight - this.rowHeight;
    const sticky = document.querySelector(".controls").offsetHeight + 16;
    if (bounds.top + top < sticky) scrollBy(0, bounds.top + top - sticky);
    else if (bounds.top + top > room) scrollBy(0, bounds.top + top - room);
    this.draw();
    this.list.querySelector(`[data-place="${this.active}"] > a`)?.focus({ preventScroll: true });
  },

  /** Moves the focus by an arrow key; returns whether the key is one. */
  move(key) {
    const steps = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
      Home: -Infinity, End: Infinity,
    };
    if (!(key in steps)) return false;
    const target = this.active + steps[key];
    const beyond = target < 0 || target >= selection.positions.length;
    // Down from the last but one row ends at the last card; up from the first row stays.
    if (key === "ArrowUp" && beyond) return true;
    this.focus(target);
    return true;
  },
};

/** Where a score stands in its range, as a thin bar. */
function meter(sample) {
  const track = make("span", { class: "meter" });
  if (sample.score === undefined || sample.minimum === undefined) return track;
  const bar = make("span", { class: "meter-bar" });
  const range = (sample.maximum - sample.minimum) || 1;
  bar.style.width = `${(100 * (sample.score - sample.minimum)) / range}%`;
  track.append(bar);
  return track;
}

let drawing = false;
addEventListener("scroll", () => {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; gallery.draw(); });
}, { passive: true });

let width = 0;
new ResizeObserver(() => {
  if (gallery.window.clientWidth === width) return;
  width = gallery.window.clientWidth;
  gallery.layOut();
}).observe(gallery.window);
