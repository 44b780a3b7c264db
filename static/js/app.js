/* Small manners of every page. Nothing here is needed to use the product:
   each behaviour improves a link, a form or a <time> that works without it. */
(() => {
  "use strict";

  const say = (text) => {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = text;
  };

  const toast = (text) => {
    const card = document.createElement("div");
    card.className = "toast-card";
    card.textContent = text;
    document.getElementById("toasts")?.replaceChildren(card);
    say(text);
    setTimeout(() => card.remove(), 6000);
  };

  /* Others may say something: document.dispatchEvent(new CustomEvent("announce", {detail: "…"})). */
  document.addEventListener("announce", (event) => say(event.detail));
  document.addEventListener("toast", (event) => toast(event.detail));

  /* Buttons that only work with script stay hidden until there is one. */
  const reveal = (root) => {
    for (const button of root.querySelectorAll("[data-dismiss][hidden], [data-copy][hidden]")) button.hidden = false;
  };

  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const tick = () => {
    const language = document.documentElement.lang || "en";
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      const seconds = Math.floor((Date.parse(time.dateTime) - Date.now()) / 1000);
      if (Number.isNaN(seconds)) continue;
      let text = time.dataset.over;
      if (seconds > 0) {
        const [unit, size] = units.find(([, length]) => seconds >= length);
        const amount = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" });
        text = time.dataset.left.replace("{0}", amount.format(Math.floor(seconds / size)));
      }
      if (time.textContent !== text) time.textContent = text;
    }
  };

  document.addEventListener("click", (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.parentElement.remove();
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => toast(document.body.dataset.sayCopied));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-theme-form]")) {
      event.preventDefault();
      const theme = event.submitter.value;
      if (theme === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = theme;
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === event.submitter));
      const body = new FormData(form, event.submitter);
      fetch(form.action, { method: "POST", body }).then((answer) => {
        if (!answer.ok) toast(document.body.dataset.sayFailed);
      }, () => toast(document.body.dataset.sayOffline));
      return;
    }
    /* A form is sent once, however often the button is pressed. */
    if (form.matches("[data-once]") && !event.defaultPrevented && event.submitter) {
      if (event.submitter.getAttribute("aria-busy") === "true") event.preventDefault();
      event.submitter.setAttribute("aria-busy", "true");
    }
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
  });

  /* <select data-submit> sends its form when changed; the form keeps its button for everybody else. */
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  document.addEventListener("htmx:sendError", () => toast(document.body.dataset.sayOffline));
  document.addEventListener("htmx:responseError", () => toast(document.body.dataset.sayFailed));
  document.addEventListener("htmx:afterSwap", (event) => { reveal(event.target); tick(); });
  document.addEventListener("htmx:afterRequest", (event) => event.detail.elt.querySelectorAll?.("button[aria-busy]").forEach((button) => button.removeAttribute("aria-busy")));

  /* A row of tabs that scrolls starts where the reader is. */
  for (const current of document.querySelectorAll(".sidenav [aria-current], .segments [aria-current]")) {
    const row = current.parentElement;
    row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
  }

  reveal(document);
  tick();
  setInterval(tick, 1000);
})();
