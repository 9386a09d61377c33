// The live grid: any two codes against each other, all else as it is.

import { backend } from "./backend.js";
import { Latent } from "./latent.js";
import { Latest } from "./latest.js";
import { paint } from "./pixels.js";
import { tag } from "./knobs.js";
import { currentRow } from "./stage.js";
import { steps, written } from "./state.js";

const STEPS = 9;
const MOST = 512;
/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

export function setUpGrid(state, { failed }) {
  const tables = [new Table($("table"), state, failed), new Table($("other-table"), state, failed)];
  for (const id of ["rows", "columns"]) {
    $(id).addEventListener("change", () => {
      const other = id === "rows" ? "columns" : "rows";
      // The same code twice would show little: the two change places instead.
      const swap = state[other] === $(id).value ? { [other]: state[id] } : {};
      state.change({ [id]: $(id).value, ...swap });
    });
  }
  state.subscribe(show);
  show();

  function show() {
    if (state.view !== "grid") return;
    for (const id of ["rows", "columns"]) {
      $(id).replaceChildren(...state.model.codes.map((code) => tag("option", { value: code.id, textContent: code.name })));
      $(id).value = state[id];
    }
    tables[0].show(state.index);
    tables[1].show(state.beside);
  }
}

class Table {
  #built = "";
  #drawn = "";
  #cells = [];
  #focus = [0, 0];
  /** @type {Code} */ rowCode;
  /** @type {Code} */ columnCode;
  /** @type {number[]} */ rowValues = [];
  /** @type {number[]} */ columnValues = [];

  constructor(place, state, failed) {
    this.place = place;
    this.state = state;
    this.drawing = new Latest(() => this.#draw(), failed);
  }

  show(index) {
    this.index = index;
    const model = this.state.models[index];
    const codes = ["rows", "columns"].map((side) => model?.codes.find((code) => code.id === this.state[side]));
    if (!model || codes.includes(undefined)) {
      this.place.replaceChildren();
      this.#built = "";
      return;
    }
    [this.rowCode, this.columnCode] = codes;
    [this.rowValues, this.columnValues] = codes.map((code) => steps(code, STEPS));
    if (this.rowCode === this.columnCode) this.rowValues = [this.state.codes[this.rowCode.id]];
    this.rowValues = this.rowValues.slice(0, Math.floor(MOST / this.columnValues.length));
    const key = JSON.stringify([index, codes, this.rowValues.length]);
    if (this.#built !== key) this.#build(model);
    this.#built = key;
    this.#mark();
    this.drawing.ask();
  }

  #build(model) {
    const head = tag("tr", {}, tag("td", {}), ...this.columnValues.map((value) =>
      tag("th", { scope: "col", textContent: written(this.columnCode, value) })));
    this.#cells = this.rowValues.map((row, i) => this.columnValues.map((column, j) => {
      const cell = tag("td", { tabIndex: -1 }, tag("canvas", { width: 8, height: 8 }));
      cell.setAttribute("role", "gridcell");
      cell.setAttribute("aria-label", `${this.rowCode.name} ${written(this.rowCode, row)}, `
        + `${this.columnCode.name} ${written(this.columnCode, column)}`);
      cell.addEventListener("click", () => this.#take(i, j));
      return cell;
    }));
    const lines = this.#cells.map((cells, i) => tag("tr", {},
      tag("th", { scope: "row", textContent: written(this.rowCode, this.rowValues[i]) }), ...cells));
    const title = `${this.rowCode.name} down, ${this.columnCode.name} across`;
    const two = this.state.beside !== null;
    const table = tag("table", {}, tag("caption", { textContent: two ? `${model.label}: ${title}` : title }),
      tag("thead", {}, head), tag("tbody", {}, ...lines));
    table.setAttribute("role", "grid");
    table.classList.toggle("dials", this.columnCode.continuous);
    // As wide as the place allows, but no taller than the window.
    table.style.maxWidth = `calc(${this.columnValues.length} * max(44px, ${70 / Math.max(8, this.rowValues.length)}vh) + 5rem)`;
    head.firstChild.setAttribute("role", "presentation");
    table.addEventListener("keydown", (event) => this.#move(event));
    this.place.replaceChildren(table);
    this.#drawn = "";
    this.#focus = [0, 0];
    this.#cells[0][0].tabIndex = 0;
  }

  /** Outline the cell that the image is nearest to. */
  #mark() {
    const nearest = (values, value) => values.reduce((best, each, i) =>
      Math.abs(each - value) < Math.abs(values[best] - value) ? i : best, 0);
    const row = nearest(this.rowValues, this.state.codes[this.rowCode.id]);
    const column = nearest(this.columnValues, this.state.codes[this.columnCode.id]);
    this.#cells.forEach((cells, i) => cells.forEach((cell, j) =>
      cell.setAttribute("aria-selected", i === row && j === column)));
  }

  #take(i, j) {
    this.#go(i, j);
    const codes = { [this.rowCode.id]: this.rowValues[i], [this.columnCode.id]: this.columnValues[j] };
    this.state.change({ codes });
  }

  #move(event) {
    const [i, j] = this.#focus;
    const [rows, columns] = [this.rowValues.length, this.columnValues.length];
    const moves = {
      ArrowUp: [Math.max(0, i - 1), j], ArrowDown: [Math.min(rows - 1, i + 1), j],
      ArrowLeft: [i, Math.max(0, j - 1)], ArrowRight: [i, Math.min(columns - 1, j + 1)],
      Home: [i, 0], End: [i, columns - 1],
    };
    if (moves[event.key]) this.#go(...moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.#take(i, j);
    else return;
    event.preventDefault();
  }

  #go(i, j) {
    const [a, b] = this.#focus;
    this.#cells[a][b].tabIndex = -1;
    this.#focus = [i, j];
    this.#cells[i][j].tabIndex = 0;
    this.#cells[i][j].focus();
  }

  async #draw() {
    const { index } = this;
    const model = this.state.models[index];
    const latent = new Latent(model);
    const cells = this.#cells;
    const rows = this.rowValues.flatMap((row) => this.columnValues.map((column) => {
      const z = currentRow(this.state, model);
      latent.set(z, this.rowCode.id, row);
      return latent.set(z, this.columnCode.id, column);
    }));
    // The first row stands for all: it changes with anything but the grid's own two codes.
    const asked = `${index} ${rows[0]}`;
    if (asked === this.#drawn) return;
    const pixels = await backend.draw(index, latent.stack(rows));
    if (cells !== this.#cells) return;
    this.#drawn = asked;
    cells.flat().forEach((cell, i) => paint(cell.firstChild, model.shape, pixels, i));
    this.place.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }
}
