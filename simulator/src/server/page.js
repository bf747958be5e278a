// Asks each second for the page as it is now, and shows it if it differs.
"use strict";

const main = (page) => page.querySelector("main");
let written = main(document).outerHTML;

function isBeingRead() {
  const selection = document.getSelection();
  return !selection.isCollapsed && main(document).contains(selection.anchorNode);
}

async function update() {
  if (document.visibilityState !== "visible" || isBeingRead()) return;
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (main(page).outerHTML === written) return;
  written = main(page).outerHTML;
  const focused = document.activeElement?.id;
  const open = [...document.querySelectorAll("details[open]")].map((details) => details.id);
  main(document).replaceWith(document.importNode(main(page), true));
  document.title = page.title;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  document.getElementById(focused)?.focus({ preventScroll: true });
}

// The server may have gone, and come back.
const follow = () => update().catch(() => {}).finally(() => setTimeout(follow, 1000));
setTimeout(follow, 1000);
