// Keys of the desk, the selection, and fragments' small needs. Everything here also works by links and forms.
"use strict";
(() => {
  const one = (selector, of = document) => of.querySelector(selector);
  const all = (selector, of = document) => [...of.querySelectorAll(selector)];
  const rows = () => all("tr[data-open]");
  const boxes = () => all("tr[data-open] input[name=case]");
  let last = null; // the row that was selected last: Shift+x selects from it
  let going = false; // after g
  let acted = 0; // when a form went out: undo may be asked for before what was done can say so
  let byPointer = false; // whether the mouse, and no key, was used last

  const here = () => one("tr.here");

  function stand(row, focus = true) {
    if (!row) return;
    all("tr.here").forEach((other) => { other.classList.remove("here"); other.tabIndex = -1; });
    row.classList.add("here");
    row.tabIndex = 0;
    if (focus) row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    history.replaceState(history.state, "", "#" + row.id);
  }

  // The place in a list, for after a swap or a new page: the row that stands, then those after it, then those before.
  function remember() {
    const list = rows(), at = list.indexOf(here() || last);
    if (at < 0) return;
    const ids = [...list.slice(at), ...list.slice(0, at).reverse()].map((row) => row.id);
    sessionStorage.setItem("place", JSON.stringify([location.pathname, ...ids]));
  }

  // Stand where one stood; when that case has left the list, at the one that came after it.
  function recall() {
    const list = rows(), [path, ...ids] = JSON.parse(sessionStorage.getItem("place") || "[]");
    if (!list.length || path !== location.pathname) return;
    if (here()) return; // also while a form goes out: what comes in meanwhile must not forget the place
    sessionStorage.removeItem("place");
    const row = ids.map((id) => document.getElementById(id)).find(Boolean);
    const free = !document.activeElement || document.activeElement === document.body || !document.activeElement.isConnected;
    if (row) stand(row, free || document.activeElement.closest("#list"));
  }

  function step(by) {
    if (!rows().length) { one(`[data-step="${by}"]`)?.click(); return; } // on the page of one case
    const list = rows(), at = list.indexOf(here());
    stand(list[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.length - 1)]);
  }

  function counted() {
    const chosen = boxes().filter((box) => box.checked);
    for (const box of boxes()) box.closest("tr").setAttribute("aria-selected", String(box.checked));
    const bar = one("#bulk");
    if (!bar || !one("#chosen")) return;
    if (one("select[name=scope]", bar)?.value === "all") {
      const totals = one("#totals"), list = totals?.dataset.list || totals?.textContent.trim() || "";
      one("#chosen").textContent = /\d/.test(list) ? `The whole list: ${list}` : "The whole list";
      return void bar.classList.remove("idle");
    }
    const cents = chosen.reduce((sum, box) => sum + Number(box.dataset.cents), 0);
    const text = (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });
    one("#chosen").textContent = chosen.length ? `${chosen.length} selected, ${text}` : "Nothing selected";
    bar.classList.toggle("idle", !chosen.length);
  }

  function select(row, to = !one("input[name=case]", row).checked) {
    one("input[name=case]", row).checked = to;
  }

  function selected(from, to) {
    const list = rows(), a = list.indexOf(from), b = list.indexOf(to);
    for (const row of list.slice(Math.min(a, b), Math.max(a, b) + 1)) select(row, true);
  }

  function act(name) {
    const bar = one("#bulk");
    if (!bar) return;
    if (!boxes().length) { one(`[data-act=${name}]`, bar)?.click(); return; } // on the page of one case
    if (!boxes().some((box) => box.checked) && here()) select(here(), true);
    counted();
    if (boxes().some((box) => box.checked)) one(`[data-act=${name}]`, bar)?.click();
  }

  // Asked for before the answer is there, it is done as soon as it is.
  function undo() {
    if (Date.now() - acted < 5000) sessionStorage.setItem("undo", String(Date.now()));
    else one("[data-act=undo]")?.click();
  }

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    x: () => { const row = here(); if (row) { select(row); last = row; counted(); } },
    X: () => { const row = here(); if (row) { selected(last && last.isConnected ? last : row, row); counted(); } },
    Enter: () => { const row = here(); if (row) location.assign(row.dataset.open); },
    a: () => act("assign"),
    s: () => { const field = one("[data-act=until]"); if (field) { act("until"); field.focus(); } },
    u: () => undo(),
    "/": () => one("#find")?.focus(),
    "?": () => one("#keys")?.showModal(),
    Escape: () => { boxes().forEach((box) => { box.checked = false; }); counted(); },
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable], dialog[open]");
    if (typing) {
      if (event.key === "Escape" && typing.matches("input, select, textarea")) {
        typing.blur();
        here()?.focus({ preventScroll: true });
      }
      if (event.key === "Enter" && typing.matches("#bulk select[data-act=until]")) { // chosen by keys: it is meant
        event.preventDefault();
        one("button[value=snooze]", typing.closest("#bulk"))?.click();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
    if (going) {
      going = false;
      const link = one(`[data-go="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "g") { going = true; setTimeout(() => { going = false; }, 1500); return; }
    const does = keys[event.key];
    if (does) { event.preventDefault(); does(); }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("#all")) boxes().forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("#bulk select[name=scope]")) counted();
    if (event.target.matches("#all, input[name=case]")) {
      last = event.target.closest("tr[data-open]") || last;
      counted();
    }
    // A choice by mouse is meant; arrow keys only pass by: Enter or the button applies what they chose.
    if (event.target.matches("form.filters select") && byPointer) event.target.form.requestSubmit();
  });
  document.addEventListener("pointerdown", () => { byPointer = true; }, true);
  document.addEventListener("keydown", (event) => {
    byPointer = false;
    if (event.key === "Enter" && event.target.matches("form.filters select")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  }, true);

  document.addEventListener("submit", (event) => {
    // Pressed twice, a form goes out once.
    const form = event.target, pressed = new URLSearchParams(new FormData(form, event.submitter)).toString();
    if (form.method === "post") {
      if (form.dataset.sent === pressed && Date.now() - Number(form.dataset.at) < 1500) {
        event.preventDefault();
        return void event.stopImmediatePropagation();
      }
      Object.assign(form.dataset, { sent: pressed, at: String(Date.now()) });
      if (form.id === "work") acted = Date.now();
    }
    remember();
    if (event.target.matches("form.filters") && document.activeElement?.form === event.target) {
      sessionStorage.setItem("field", document.activeElement.name || "");
    }
  }, true);

  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-open]");
    if (row && !event.target.closest("a, button, input, label, select")) stand(row);
    if (event.target.closest("a[data-to-list]") && rows().length) { event.preventDefault(); stand(here() || rows()[0]); }
  });

  // A toast that offers undo goes after ten seconds: the timeline offers it later.
  function toasts() {
    for (const toast of all("#toast > .toast:not([data-seen])")) {
      toast.dataset.seen = "1";
      acted = 0;
      const asked = Date.now() - Number(sessionStorage.getItem("undo") || 0) < 10000;
      sessionStorage.removeItem("undo");
      if (asked) one("[data-act=undo]", toast)?.click();
      if (toast.matches("[data-stays]")) continue; // something was left undone: it stays until the next page
      setTimeout(() => toast.remove(), toast.matches("[role=alert]") ? 15000 : 10000);
    }
  }

  function begin() {
    counted();
    toasts();
    const wanted = location.hash && document.getElementById(location.hash.slice(1));
    if (wanted && wanted.matches("tr[data-open]")) stand(wanted);
    recall();
    const field = sessionStorage.getItem("field");
    sessionStorage.removeItem("field");
    if (field) one(`form.filters [name="${CSS.escape(field)}"]`)?.focus();
  }

  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:after:swap", () => { counted(); toasts(); recall(); });
  addEventListener("pageshow", () => { counted(); all("form[data-sent]").forEach((form) => { delete form.dataset.sent; }); });
})();
