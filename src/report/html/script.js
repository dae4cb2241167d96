
// What the page can do beside being read: filter, theme, keys, copying. It reads and writes nothing outside the page, makes
// no element and no markup, and the page is whole without it.
(() => {
  "use strict";
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);
  for (const part of all("[data-script]")) part.hidden = false;

  // Theme: remembered as long as the page is open.
  const themes = ["auto", "light", "dark"];
  const theme = one("#theme");
  const turn = () => {
    const root = document.documentElement;
    const next = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
    root.dataset.theme = next;
    theme.querySelector("span").textContent = next;
    theme.setAttribute("aria-label", `Theme: ${next === "auto" ? "automatic" : next}`);
  };
  theme.addEventListener("click", turn);

  // Filter.
  const tasks = all(".task");
  const search = one("#search");
  const words = new WeakMap();
  const text = (task) => {
    if (!words.has(task)) words.set(task, task.textContent.toLowerCase());
    return words.get(task);
  };
  const visible = () => tasks.filter((task) => !task.hidden);
  const filter = () => {
    if (!search) return;
    const kind = one("input[name=show]:checked").value;
    const wanted = search.value.trim().toLowerCase();
    for (const task of tasks) {
      const fits = kind === "all" || kind in task.dataset;
      task.hidden = !fits || (wanted !== "" && !text(task).includes(wanted));
    }
    for (const prompt of all(".prompt")) {
      const nothing = prompt.querySelector(".nothing");
      const list = prompt.querySelector(".tasks");
      if (!nothing) continue;
      nothing.hidden = all(".task:not([hidden])", list).length > 0;
      list.hidden = !nothing.hidden;
    }
    const count = visible().length;
    one("#shown").textContent = count === tasks.length ? `${count} shown` : `${count} of ${tasks.length} shown`;
  };
  for (const input of all("input[name=show]")) input.addEventListener("change", filter);
  if (search) {
    search.addEventListener("input", filter);
    filter();
  }

  // Whatever a link leads to is shown and open.
  const reveal = () => {
    const task = /^#t\d+$/.test(location.hash) && one(location.hash);
    if (!task) return;
    if (task.hidden) {
      one("input[name=show][value=all]").checked = true;
      search.value = "";
      filter();
    }
    task.open = true;
    task.scrollIntoView();
    task.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  for (const link of all('a[href^="#t"]')) link.addEventListener("click", () => setTimeout(reveal));
  reveal();

  // Copying.
  const say = (button, word) => {
    button.textContent = word;
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  const select = (node) => {
    const selection = getSelection();
    selection.removeAllRanges();
    const range = document.createRange();
    range.selectNodeContents(node);
    selection.addRange(range);
  };
  for (const button of all(".copy")) {
    button.addEventListener("click", async () => {
      const command = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(command.textContent);
        say(button, "Copied");
      } catch {
        select(command);
        say(button, "Selected");
      }
    });
  }

  // Keys.
  const keys = one("#keys");
  const toggle = () => (keys.open ? keys.close() : keys.showModal());
  one("#help").addEventListener("click", toggle);
  one("#close").addEventListener("click", () => keys.close());
  const step = (by) => {
    const shown = visible();
    if (shown.length === 0) return;
    const at = shown.indexOf(document.activeElement.closest(".task"));
    const next = at < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(at + by, 0), shown.length - 1);
    const summary = shown[next].querySelector("summary");
    summary.focus({ preventScroll: true });
    summary.scrollIntoView({ block: "center" });
  };
  const fold = () => {
    const shown = visible();
    const open = !shown.every((task) => task.open);
    for (const task of shown) task.open = open;
  };
  const actions = { j: () => step(1), k: () => step(-1), e: fold, t: turn, "?": toggle, "/": () => search && search.focus() };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target === search) {
      if (event.key !== "Escape") return;
      search.value = "";
      filter();
      search.blur();
    } else if (Object.hasOwn(actions, event.key) && (!keys.open || event.key === "?")) {
      actions[event.key]();
      event.preventDefault();
    }
  });

  // Paper cannot be unfolded: what failed is printed open.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = visible().filter((task) => "failing" in task.dataset && !task.open);
    for (const task of opened) task.open = true;
  });
  addEventListener("afterprint", () => {
    for (const task of opened) task.open = false;
  });
})();
