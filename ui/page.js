// The page's two panels: the conversation sends clicks to Python, the document shows the marked words.
// Each gr.HTML runs this file with its own `element`, `trigger` and `watch`, and then calls one of the two functions below.

const narrow = window.matchMedia("(max-width: 900px)");

// Tells which buttons of the conversation lead to the place that the document panel shows.
function syncCurrent() {
  const shown = document.querySelector("#reader article")?.dataset;
  for (const button of document.querySelectorAll("button[data-start]")) {
    const { source, start, end } = button.dataset;
    const current = shown?.opened === source && shown.start === start && shown.end === end;
    current ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current");
  }
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

function runConversation(element, trigger, watch) {
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.question) trigger("question", { text: button.dataset.question });
    if (button?.dataset.source) {
      trigger("place", { ...button.dataset, quote: button.title });
      if (narrow.matches) document.getElementById("reader").scrollIntoView();
    }
  });
  let turns = 0;
  watch("value", () => {
    const shown = element.querySelectorAll(".turn");
    const asked = shown.length !== turns || element.querySelector(".pending");
    if (asked) shown[shown.length - 1]?.scrollIntoView({ block: "start" });
    turns = shown.length;
    syncCurrent();
  });
}

function runReader(element, trigger, watch) {
  let opening;
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.source) trigger("place", { source: button.dataset.source });
    if ("contents" in button.dataset) trigger("contents");
    if ("back" in button.dataset) {
      const marker = document.querySelector('#conversation button[aria-current="true"]');
      marker?.scrollIntoView({ block: "center" });
      marker?.focus();
    }
  });
  watch("value", () => {
    const now = element.querySelector("article")?.dataset.opening;
    if (now !== opening) reveal(element);
    opening = now;
    syncCurrent();
  });
}
