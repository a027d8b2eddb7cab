/* What pages do better where scripts run; every page works without. Nothing is asked of any other server. */
"use strict";
(() => {
  const said = document.getElementById("said");

  /* A line that is read out wherever the reader is; `isAlarm` shows it too, until the next one. */
  const tell = (text, isAlarm = false) => {
    said.className = isAlarm ? "box alarm stuck" : "unseen";
    said.textContent = text.replace(/\s+/g, " ").trim();
  };

  /* Buttons answer in place (`press` in _forms.html): the page that comes back is laid over this one. */
  const inPlace = () => {
    document.addEventListener("htmx:before:swap", (event) => {
      const { raw } = event.detail.ctx.response;
      const leadsElsewhere = raw.redirected && new URL(raw.url).pathname !== location.pathname;
      if (!raw.ok) {
        event.preventDefault();
        const page = new DOMParser().parseFromString(event.detail.ctx.text, "text/html");
        tell(page.querySelector("#main")?.textContent ?? said.dataset.lost, true);
      } else if (leadsElsewhere) {
        event.preventDefault();
        location.assign(raw.url);
      }
    });
    document.addEventListener("htmx:after:swap", () => {
      const told = document.querySelector("#main > .told");
      told?.classList.add("stuck");
      tell(told?.querySelector("p")?.textContent ?? "");
    });
    document.addEventListener("htmx:error", () => tell(said.dataset.lost, true));
  };

  /* What is written on a sheet is kept on this device until the server has it: the network may fail before. */
  const PREFIX = "sheet:";
  const KEPT_MS = 30 * 24 * 3_600_000;
  const read = (name) => {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null; /* not ours, or the browser keeps nothing */
    }
  };
  const write = (name, sheet) => {
    try {
      localStorage.setItem(name, JSON.stringify(sheet));
    } catch {
      /* full, or the browser keeps nothing: then it is as without this */
    }
  };
  const names = () => {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
    } catch {
      return [];
    }
  };

  const isWritten = (field) =>
    field.name && !field.disabled && !["file", "submit", "button"].includes(field.type) &&
    (field.type !== "hidden" || field.name === "key");
  const collect = (form) =>
    [...form.elements].filter(isWritten).filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked)
      .map((field) => [field.name, field.value]);
  const restore = (form, fields) => {
    for (const field of [...form.elements].filter(isWritten)) {
      const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
      if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
      if (field.value && field.closest("details")) field.closest("details").open = true;
    }
  };

  const drop = (isOver) => names().filter((name) => isOver(read(name))).forEach((name) => localStorage.removeItem(name));

  const keepSheet = (form) => {
    const name = PREFIX + form.dataset.keep;
    const line = document.getElementById("restored");
    const found = read(name);
    if ("fresh" in form.dataset && found) {
      restore(form, found.fields);
      line.hidden = false;
      line.querySelector("button").addEventListener("click", () => {
        localStorage.removeItem(name);
        location.reload();
      });
    }
    form.addEventListener("input", () => write(name, { at: Date.now(), fields: collect(form) }));
    form.addEventListener("submit", () => {
      const sheet = read(name);
      if (sheet) write(name, { ...sheet, isSent: true });
    });
  };

  /* The server has a sheet when it says so (`done`), or shows it again. */
  const sheet = document.querySelector("form[data-keep]");
  const hasArrived = new URLSearchParams(location.search).has("done") || (sheet && !("fresh" in sheet.dataset));
  if (said) {
    drop((kept) => !kept || kept.at < Date.now() - KEPT_MS || (hasArrived && kept.isSent));
    inPlace();
  } else if (names().length) {
    document.querySelectorAll("[data-kept]").forEach((line) => { line.hidden = false; });
  }
  if (sheet) keepSheet(sheet);
  navigator.serviceWorker?.register("/service-worker.js").catch(() => {});
})();
