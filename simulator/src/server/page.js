// Follows what happens to the dealer of the page: the server sends an event, and what differs is replaced.
"use strict";

const events = document.body.dataset.events;
const PAUSE = 300;

// The sections as the server wrote them, since people open and close what is in them.
const sections = (page) => new Map([...page.querySelectorAll("main > [id]")].map((part) => [part.id, part.outerHTML]));
let written = sections(document);
let revision = document.body.dataset.revision;
let busy = false;
let again = false;

function isBeingRead(part) {
  const selection = document.getSelection();
  return !selection.isCollapsed && part.contains(selection.anchorNode);
}

function replace(page) {
  const now = sections(page);
  const isSameShape = [...now.keys()].join() === [...written.keys()].join();
  const focused = document.activeElement?.id;
  if (isSameShape) {
    for (const [id, text] of now) {
      const part = document.getElementById(id);
      if (text === written.get(id)) continue;
      if (isBeingRead(part)) {
        now.set(id, written.get(id));
        continue;
      }
      const open = [...part.querySelectorAll("details[open]")].map((details) => details.id);
      part.replaceWith(document.importNode(page.getElementById(id), true));
      for (const details of open) document.getElementById(details)?.setAttribute("open", "");
    }
  } else {
    document.querySelector("main").replaceWith(document.importNode(page.querySelector("main"), true));
  }
  written = now;
  document.title = page.title;
  if (focused && document.activeElement?.id !== focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

async function update() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  do {
    again = false;
    try {
      const response = await fetch(location.href, { headers: { accept: "text/html" } });
      replace(new DOMParser().parseFromString(await response.text(), "text/html"));
    } catch {
      // The server has gone: the next event says that it is back.
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  } while (again);
  busy = false;
}

// A page that nobody looks at holds no connection, of which a browser has six for a server.
let source;
function follow() {
  source?.close();
  source = undefined;
  if (document.visibilityState !== "visible") return;
  source = new EventSource(events);
  source.onmessage = (event) => {
    if (event.data === revision) return;
    revision = event.data;
    update();
  };
}

if (events) {
  document.addEventListener("visibilitychange", follow);
  follow();
}
