// The page: one state, and everything that shows it.

import { backend } from "./backend.js";
import { setUpGrid } from "./grid.js";
import { setUpKnobs, tag } from "./knobs.js";
import { setUpMap } from "./map.js";
import { setUpMotion } from "./motion.js";
import { setUpPicture } from "./picture.js";
import { setUpStage } from "./stage.js";
import { State, VIEWS } from "./state.js";

const RETRY = 1500;  // milliseconds between two tries while the server is away
/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

const trouble = {
  retries: new Set(),
  timer: 0,
};

function say(text) {
  $("said").textContent = "";
  requestAnimationFrame(() => { $("said").textContent = text; });
}

/** Tell of a failure; where the server is away, try again what failed until it is back. */
function failed(error, retry = null) {
  $("trouble").textContent = error.message;
  $("trouble").hidden = false;
  if (error.name !== "Unreachable") {
    clearTimeout(trouble.hiding);
    trouble.hiding = setTimeout(() => { $("trouble").hidden = true; }, 8000);
    return;
  }
  if (retry) trouble.retries.add(retry);
  clearTimeout(trouble.timer);
  trouble.timer = setTimeout(async () => {
    try {
      await backend.models();
    } catch (again) {
      failed(again);
      return;
    }
    $("trouble").hidden = true;
    const retries = [...trouble.retries];
    trouble.retries.clear();
    for (const each of retries) each();
  }, RETRY);
}

function setUpHeader(state) {
  const fill = () => {
    const options = state.models.map((model, i) => tag("option", { value: i, textContent: model.label }));
    $("model").replaceChildren(...options);
    $("beside").replaceChildren(tag("option", { value: "", textContent: "nothing" }),
      ...options.map((option) => option.cloneNode(true)));
    $("beside-label").hidden = state.models.length < 2;
    $("model").value = state.index;
    $("beside").value = state.beside ?? "";
    document.title = `${state.model.label} · infogan`;
  };
  state.subscribe(fill);
  fill();
  $("model").addEventListener("change", () => state.change({ index: Number($("model").value) }));
  $("beside").addEventListener("change", () => {
    state.change({ beside: $("beside").value === "" ? null : Number($("beside").value) });
  });
}

function setUpTabs(state) {
  const tabs = VIEWS.map((view) => $(`tab-${view}`));
  const show = () => VIEWS.forEach((view, i) => {
    const chosen = view === state.view;
    tabs[i].setAttribute("aria-selected", String(chosen));
    tabs[i].tabIndex = chosen ? 0 : -1;
    $(view).hidden = !chosen;
  });
  tabs.forEach((each, i) => {
    each.addEventListener("click", () => state.change({ view: VIEWS[i] }));
    each.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = (i + by + tabs.length) % tabs.length;
      state.change({ view: VIEWS[next] });
      tabs[next].focus();
    });
  });
  state.subscribe(show);
  show();
}

function setUpTheme() {
  const root = document.documentElement;
  const preferred = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : preferred.matches;
    $("theme").textContent = dark ? "Light" : "Dark";
    $("theme").setAttribute("aria-label", dark ? "Change to light colours" : "Change to dark colours");
    root.dispatchEvent(new Event("theme"));
    return dark;
  };
  try {
    const kept = localStorage.getItem("infogan-theme");
    if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  } catch { /* a page from disk may have no storage */ }
  preferred.addEventListener("change", show);
  $("theme").addEventListener("click", () => {
    root.dataset.theme = show() ? "light" : "dark";
    try {
      localStorage.setItem("infogan-theme", root.dataset.theme);
    } catch { /* then it lasts until the page is closed */ }
    show();
  });
  show();
}

async function start() {
  $("unserved")?.remove();
  setUpTheme();
  let models;
  try {
    models = await backend.models();
  } catch (error) {
    failed(error, () => location.reload());
    return;
  }
  const state = new State(models);
  const reload = (described) => {
    state.models = described;
    state.change({}, false);
  };
  const tools = { failed, say, reload };
  setUpHeader(state);
  setUpTabs(state);
  for (const setUp of [setUpStage, setUpKnobs, setUpGrid, setUpMotion, setUpMap, setUpPicture]) setUp(state, tools);
  // The address says everything from the start, and another tab may have named something.
  state.write(false);
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden) return;
    const described = await backend.models().catch(() => state.models);
    if (JSON.stringify(described.map((model) => model.codes)) !== JSON.stringify(state.models.map((model) => model.codes))) {
      reload(described);
    }
  });
  document.documentElement.dataset.ready = "yes";
}

start();
