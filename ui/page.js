// The page's panels: they tell Python what was clicked, and do what needs no answer from it.
// Each gr.HTML runs this file with its own `element`, `trigger` and `watch`, and then calls one of the run… functions.
// What the panels share stands in the document: `aria-current` says which place is shown, #card is the quote at the pointer.

const narrow = window.matchMedia("(max-width: 900px)");
const find = (selector) => document.querySelector(selector);

// The cited place that is shown

// Tells which buttons of the conversation lead to the place that the document panel shows, and where in its list that is.
function syncCurrent() {
  const shown = find("#reader article")?.dataset;
  for (const button of document.querySelectorAll("button[data-start]")) {
    const { source, start, end } = button.dataset;
    const current = shown?.opened === source && shown.start === start && shown.end === end;
    current ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current");
  }
  const { places, at } = listed();
  const steps = find("#reader .steps");
  if (!steps) return;
  steps.hidden = places.length < 2 || at < 0;
  steps.querySelector(".step").textContent = `${at + 1} of ${places.length}`;
  steps.querySelector('[data-step="-1"]').disabled = at <= 0;
  steps.querySelector('[data-step="1"]').disabled = at >= places.length - 1;
}

// Back to what led to the document: a marker of the answer, or a proposal.
function goBack() {
  if (document.body.dataset.from === "facts") {
    location.hash = "#facts";
    return;
  }
  const marker = find('#conversation button[aria-current="true"]');
  marker?.scrollIntoView({ block: "center" });
  marker?.focus();
}

// Returns the places of the answer that the document panel shows one of, and which of them.
function listed() {
  const current = find("#conversation :is(.sources, .nearest) button[aria-current]");
  const places = current ? [...current.closest("ol, ul").querySelectorAll("button[data-start]")] : [];
  return { places, at: places.indexOf(current) };
}

function step(by) {
  const { places, at } = listed();
  places[at + by]?.click();
}

// Scrolls the panel, and nothing around it, so that the cited paragraph can be read; a paragraph taller than the
// panel starts at its marked words. The far-off text of a long document gets its true height only when it comes
// near, so this looks again until nothing moves any more.
function reveal(element) {
  const scroller = element.querySelector(".scroll");
  const target = element.querySelector(".cited");
  if (!scroller) return;
  scroller.scrollTop = 0;
  const settle = (frames) => {
    const before = scroller.scrollTop;
    if (target) scrollTo(scroller, target, element.querySelector("mark"));
    const still = Math.abs(scroller.scrollTop - before) < 1;
    if (frames > 0) requestAnimationFrame(() => settle(still ? Math.min(frames - 1, 3) : frames - 1));
  };
  settle(30);
}

function scrollTo(scroller, target, mark) {
  const tall = target.offsetHeight > 0.8 * scroller.clientHeight;
  const shown = (tall ? mark : target).getBoundingClientRect();
  const top = shown.top - scroller.getBoundingClientRect().top + scroller.scrollTop;
  const room = tall ? 0.2 * scroller.clientHeight : (scroller.clientHeight - shown.height) / 3;
  const fitsAtStart = top + shown.height < 0.9 * scroller.clientHeight;
  scroller.scrollTop = fitsAtStart ? 0 : top - room;
}

function openPlace(button, trigger) {
  hideCard(); // which says what the panel now shows, and may stand over the next marker
  document.body.dataset.from = document.body.dataset.part;
  if (document.body.dataset.part) location.hash = "#ask";
  trigger("place", { ...button.dataset });
  if (narrow.matches) find("#reader").scrollIntoView();
}

// "file, page 2, paragraph 4: “the quote”", for a paper or a mail.
async function copyCitation(element, button) {
  const quote = [...element.querySelectorAll("mark")].map((mark) => mark.textContent).join("");
  const { opened, where } = element.querySelector("article").dataset;
  const text = `${opened}, ${where}: “${quote}”`;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyOldWay(text); // no clipboard is given to a page that is not on loopback and not encrypted
  }
  const label = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = label), 1500);
}

function copyOldWay(text) {
  const area = document.body.appendChild(document.createElement("textarea"));
  area.value = text;
  area.select();
  document.execCommand("copy");
  area.remove();
}

// The card: quote, title, date and place of the citation at the pointer or at the focus

function showCard(button) {
  const card = find("#card") ?? document.body.appendChild(document.createElement("div"));
  card.id = "card";
  card.className = "card";
  card.setAttribute("role", "tooltip");
  const { quote, title, date, source, where } = button.dataset;
  const from = [title ?? source, date, where].filter(Boolean).join(" · ");
  card.replaceChildren(...[quote, from].map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  card.hidden = false;
  button.setAttribute("aria-describedby", "card");
  const at = button.getBoundingClientRect();
  const above = at.top - card.offsetHeight - 8;
  card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - card.offsetWidth - 8))}px`;
  card.style.top = `${above > 8 ? above : Math.min(at.bottom + 8, innerHeight - card.offsetHeight - 8)}px`;
}

function hideCard() {
  const card = find("#card");
  if (card) card.hidden = true;
  find("[aria-describedby=card]")?.removeAttribute("aria-describedby");
}

function watchCards(element) {
  let leaving;
  const enter = (event) => {
    clearTimeout(leaving);
    const button = event.target.closest?.(".marker[data-quote]");
    if (button) showCard(button);
  };
  // It stays while the pointer is on it, so that it can be read with a magnifier.
  const leave = () => (leaving = setTimeout(() => find("#card:hover") || hideCard(), 150));
  element.addEventListener("mouseover", enter);
  element.addEventListener("focusin", enter);
  element.addEventListener("mouseout", leave);
  element.addEventListener("focusout", leave);
}

// Focus: what Python draws anew takes it away from the button that asked for it

function keepFocus(element) {
  let key;
  element.addEventListener("focusin", (event) => (key = describe(event.target)));
  element.addEventListener("focusout", (event) => event.relatedTarget && (key = undefined));
  return () => {
    if (key === undefined || document.activeElement !== document.body) return;
    [...element.querySelectorAll("button, input, summary")].find((other) => describe(other) === key)?.focus({ preventScroll: true });
  };
}

function describe(target) {
  return JSON.stringify([target.tagName, { ...target.dataset }, target.name, target.getAttribute("aria-label")]);
}

// A menu is open until something else is clicked.
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
}

function press(event) {
  if (event.key === "Escape") {
    const open = document.activeElement?.closest?.("details[open]");
    if (find("#card:not([hidden])")) hideCard();
    else if (open) open.open = false;
    else (find("#stop:not([disabled])") ?? find("#composer textarea"))?.[find("#stop") ? "click" : "focus"]();
  }
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || document.body.dataset.view !== "ask" || event.target.closest("input, textarea, select, [role=listbox]")) return;
  const marker = event.target.closest(".marker");
  const markers = [...document.querySelectorAll("#conversation .marker")];
  marker ? markers[markers.indexOf(marker) + by]?.focus() : step(by);
}

// The evaluation's view has two parts, the runs and the known facts.
function runMasthead(element) {
  const turn = () => {
    const part = { "#evaluation": "evaluation", "#facts": "facts" }[location.hash] ?? "";
    const view = part ? "evaluation" : "ask";
    Object.assign(document.body.dataset, { view, part });
    for (const link of element.querySelectorAll("nav a")) {
      link.hash === `#${view}` ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    }
  };
  window.addEventListener("hashchange", turn);
  window.addEventListener("resize", hideCard);
  document.addEventListener("click", closeMenus);
  document.addEventListener("keydown", press);
  turn();
}

function runStatus(element, trigger, watch) {
  element.addEventListener("click", (event) => {
    const { all, cancel } = event.target.closest("button")?.dataset ?? {};
    if (all !== undefined) trigger("all");
    if (cancel !== undefined) trigger("cancel");
  });
  watch("value", () => {
    const session = element.querySelector("[data-session]")?.dataset.session;
    if (session) sessionStorage.setItem("pincite", session);
  });
}

// Puts the questions to ask next under the turn that they follow, while it is the last; nothing else is drawn for them.
function placeSuggestions() {
  for (const old of document.querySelectorAll("#conversation .turn .next")) old.remove();
  const next = find("#suggestions .next");
  const last = [...document.querySelectorAll("#conversation .turn")].at(-1);
  if (next && last?.dataset.turn === next.dataset.after && !last.querySelector(".pending")) last.append(next.cloneNode(true));
}

function runSuggestions(element, trigger, watch) {
  watch("value", placeSuggestions);
}

function runConversation(element, trigger, watch) {
  const restore = keepFocus(element);
  watchCards(element);
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { question, source, open, again, edit, rate, rating } = button.dataset;
    const conversation = button.dataset.delete;
    if (question) trigger("question", { text: question });
    if (source) openPlace(button, trigger);
    if (open) trigger("open", { conversation: open });
    if (conversation) trigger("delete", { conversation });
    if (again) trigger("again", { turn: again });
    if (edit) trigger("edit", { turn: edit });
    if (edit) find("#composer textarea").focus();
    if (rate) trigger("rate", { turn: rate, rating: button.getAttribute("aria-pressed") === "true" ? "" : rating });
  });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    const { rename, reason } = form.dataset;
    if (rename) trigger("rename", { conversation: rename, title: form.elements.title.value });
    if (reason) trigger("rate", { turn: reason, rating: form.elements.reason.dataset.rating, reason: form.elements.reason.value });
  });
  let turns = 0;
  watch("value", () => {
    hideCard();
    const shown = element.querySelectorAll(".turn");
    const asked = shown.length !== turns || element.querySelector(".pending");
    if (asked) shown[shown.length - 1]?.scrollIntoView({ block: "start" });
    turns = shown.length;
    placeSuggestions();
    syncCurrent();
    restore();
  });
}

function runReader(element, trigger, watch) {
  const restore = keepFocus(element);
  let opening;
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.source) trigger("place", { source: button.dataset.source });
    if ("contents" in button.dataset) trigger("contents");
    if ("all" in button.dataset) trigger("all");
    if (button.dataset.remove) trigger("remove", { document: button.dataset.remove });
    if (button.dataset.step) step(Number(button.dataset.step));
    if ("copy" in button.dataset) copyCitation(element, button);
    if ("back" in button.dataset) goBack();
  });
  const files = () => find("#uploader input[type=file]");
  element.addEventListener("click", (event) => event.target.closest("[data-add]") && files().click());
  for (const type of ["dragover", "dragleave", "drop"]) {
    element.addEventListener(type, (event) => {
      if (!element.querySelector(".contents")) return;
      event.preventDefault();
      element.classList.toggle("dropping", type === "dragover");
      if (type !== "drop" || !event.dataTransfer.files.length) return;
      files().files = event.dataTransfer.files;
      files().dispatchEvent(new Event("change"));
    });
  }
  element.addEventListener("change", (event) => {
    // All that are ticked, so that two quick ticks are two; not "paths", since Gradio takes what has a path for a file of its own.
    const ticked = [...element.querySelectorAll("[data-choose]:checked")].map((box) => box.dataset.choose);
    if (event.target.dataset.choose) trigger("choose", { documents: ticked });
  });
  watch("value", () => {
    const now = element.querySelector("article")?.dataset.opening;
    if (now !== opening) reveal(element);
    opening = now;
    const back = element.querySelector("[data-back]");
    if (back && document.body.dataset.from === "facts") back.textContent = "Back to the proposal";
    syncCurrent();
    restore();
  });
}

// Runs what the hash names when it is turned to, also when the page begins with it.
function whenTurned(hash, run) {
  const turned = () => location.hash === hash && run();
  window.addEventListener("hashchange", turned);
  turned();
}

function runEvaluation(element, trigger) {
  // What a run of this window draws, or is about to, is not drawn over.
  whenTurned("#evaluation", () => {
    const { scored } = document.body.dataset;
    delete document.body.dataset.scored;
    if (scored === undefined && element.querySelector(".report") && !element.querySelector("[data-stop]")) trigger("listed");
  });
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button")?.dataset ?? {};
    if ("evaluate" in button) trigger("evaluate");
    if ("stop" in button) {
      Object.assign(event.target.closest("button"), { textContent: "Stopping", disabled: true });
      trigger("halt");
    }
    if (button.run) trigger("run", { name: button.run });
  });
}

// Puts what the assistant answers now to the proposal that it was asked for, and returns whether it is that one's.
function placeAnswer() {
  const answer = find("#answered [data-of]");
  const place = answer && find(`#facts .now[data-of="${answer.dataset.of}"]`);
  place?.replaceChildren(...answer.cloneNode(true).childNodes);
  return Boolean(place);
}

function runAnswered(element, trigger, watch) {
  watch("value", placeAnswer);
}

const JUDGED = { a: "accept", e: "edit", r: "reject", s: "next", b: "back", u: "undo" };

// Proposals are judged with single keys, which count only while the focus is in the panel, outside of what is typed in.
function runFacts(element, trigger, watch) {
  const card = () => element.querySelector(".proposal");
  const judge = (action, more = {}) => {
    const { undo = "" } = element.querySelector(".facts")?.dataset ?? {};
    trigger("judge", { action, key: card()?.dataset.key ?? "", undo, ...more });
  };
  watchCards(element);
  whenTurned("#facts", () => {
    document.body.dataset.from = "";
    // What is shown stays; that it was judged elsewhere meanwhile is said when it is judged here.
    card() ? card().focus({ preventScroll: true }) : element.querySelector("[data-stop]") || judge("show");
  });
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.judge) judge(button.dataset.judge, { left: button.dataset.left ?? "" });
    if (button.dataset.source) openPlace(button, trigger);
    if ("propose" in button.dataset) trigger("propose");
    if ("score" in button.dataset) {
      document.body.dataset.scored = "";
      trigger("score");
      location.hash = "#evaluation";
    }
    if ("stop" in button.dataset) {
      Object.assign(button, { textContent: "Stopping", disabled: true });
      trigger("halt");
    }
  });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    judge("save", readForm(event.target));
  });
  element.addEventListener("keydown", (event) => {
    const form = event.target.closest("form");
    const { key, ctrlKey, metaKey, altKey } = event;
    if (form && key === "Escape") {
      event.stopPropagation(); // which would stop an answer
      judge("show");
    }
    if (form && key === "Enter" && (ctrlKey || metaKey)) form.requestSubmit();
    if (form || ctrlKey || metaKey || altKey || !card()) return;
    const action = JUDGED[key.toLowerCase()];
    if (action && element.querySelector(`[data-judge="${action}"]`)) judge(action);
  });
  watch("value", () => {
    if (card() && !placeAnswer()) trigger("now", { key: card().dataset.key });
    if (document.body.dataset.part !== "facts") return;
    const began = element.querySelector("form textarea") ?? card() ?? element.querySelector("[data-stop], [data-score], [data-propose]");
    began?.focus({ preventScroll: true });
    element.scrollTop = 0;
  });
}

function readForm(form) {
  const { question, answers, unanswerable } = form.elements;
  const evidence = [...form.querySelectorAll("fieldset")].map((proof) => {
    const told = (name) => proof.querySelector(`[name=${name}]`).value;
    return { source: told("source"), quote: told("quote"), part: told("part") };
  });
  return { question: question.value, answers: answers.value, unanswerable: unanswerable.checked, evidence };
}
