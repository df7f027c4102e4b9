"use strict";
{
  // Tells the server the time zone of who looks, from the next page on; a zone chosen by form goes before it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; secure" : "";
  if (zone) document.cookie = `console_zone_seen=${zone}; path=/admin/; max-age=31536000; samesite=lax${secure}`;
}
{
  // "/" goes to the box that finds everything, from anywhere but a field; "Escape" goes back to where one was.
  const box = document.querySelector("#find-anything input[type=search]");
  const isField = (element) => element.isContentEditable || element.matches("input, textarea, select");
  let before = null;
  const go = (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
    event.preventDefault();
    before = document.activeElement;
    box.focus();
    box.select();
  };
  const leave = (event) => {
    if (event.key !== "Escape" || box.value) return; // what is typed goes first: the browser empties the box
    box.blur();
    if (before && before !== document.body) before.focus();
  };
  if (box) {
    document.addEventListener("keydown", go);
    box.addEventListener("keydown", leave);
  }
}
