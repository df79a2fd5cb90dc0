// What people press: filters, links into the gallery, keys, and the address of a sample.
"use strict";

const form = document.querySelector(".controls");
const count = document.getElementById("count");
const reset = document.getElementById("reset");

function select(wanted) {
  selection.change(wanted);
  for (const [name, value] of Object.entries(wanted)) form.elements[name].value = value;
  const [some, all] = [selection.positions.length, samples.length].map(shown.grouped);
  count.textContent = selection.isWhole ? `${all} ${samples.length === 1 ? "sample" : "samples"}`
    : `${some} of ${all} samples`;
  reset.hidden = selection.isWhole;
  gallery.active = 0;
  gallery.layOut();
}

const everything = { result: "all", state: "", category: "", text: "" };

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => {
  if (event.target.name !== "text") select({ [event.target.name]: event.target.value });
});
let pause = 0;
form.elements.text.addEventListener("input", (event) => {
  clearTimeout(pause);
  pause = setTimeout(() => {
    // Escape has emptied it already, and the focus may be in the cards by now.
    if (event.target.value !== selection.wanted.text) select({ text: event.target.value });
  }, 80);
});
reset.addEventListener("click", () => { select(everything); form.elements.text.focus(); });

// Figures and categories above the gallery lead to their samples.
document.querySelector("main").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-state], button[data-category], button[data-result]");
  if (!button) return;
  const { state = "", category = "", result = "all" } = button.dataset;
  select({ ...everything, state, category, result });
  const heading = document.getElementById("samples");
  heading.scrollIntoView();
  heading.focus({ preventScroll: true });
});

function showAddressed() {
  const name = location.hash.startsWith("#sample=") ? location.hash.slice(8) : null;
  if (name === null) {
    if (viewer.dialog.open) viewer.dialog.close();
    return;
  }
  const position = positions.get(name);
  if (position !== undefined) viewer.show(position);
  else count.textContent = "The sample of this address is not in this report.";
}

addEventListener("hashchange", showAddressed);
viewer.dialog.addEventListener("close", () => {
  if (location.hash.startsWith("#sample=")) history.replaceState(null, "", "#samples");
  const place = selection.positions.indexOf(viewer.position);
  if (place >= 0) gallery.focus(place);
});
viewer.dialog.addEventListener("click", (event) => {
  // The dialog itself is only hit beside its content.
  if (event.target === viewer.dialog) viewer.dialog.close();
});
document.getElementById("close").addEventListener("click", () => viewer.dialog.close());
document.getElementById("previous").addEventListener("click", () => viewer.step(-1));
document.getElementById("next").addEventListener("click", () => viewer.step(1));
viewer.choices.addEventListener("change", (event) => viewer.compare(event.target.value));
// A click leaves the focus where it was, so that arrows change the sample as before.
viewer.choices.addEventListener("mousedown", (event) => event.preventDefault());

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input:not([type=radio]), select, textarea");
  if (viewer.dialog.open) {
    // On the slider arrows move the cut, and on the choice of a view they choose.
    const arrows = !event.target.matches("input");
    if (event.key === "p" || (arrows && event.key === "ArrowLeft")) viewer.step(-1);
    else if (event.key === "n" || (arrows && event.key === "ArrowRight")) viewer.step(1);
    else if (event.key === "s") viewer.toggle();
    return;
  }
  if (event.key === "/" && !typing) {
    event.preventDefault();
    form.elements.text.focus();
    form.elements.text.select();
  } else if (event.key === "Escape" && event.target === form.elements.text) {
    select({ text: "" });
  } else if (event.key === "ArrowDown" && event.target === form.elements.text) {
    event.preventDefault();
    gallery.focus(0);
  } else if (event.target.closest(".card") && gallery.move(event.key)) {
    event.preventDefault();
  }
});

select({});
showAddressed();
