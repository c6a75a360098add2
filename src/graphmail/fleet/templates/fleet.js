"use strict";
// Sorts and filters the table of customers. The page says all of it without this, too.
const table = document.getElementById("customers");
const body = table.tBodies[0];
const rows = [...body.rows];
const text = document.getElementById("filter-text");
const state = document.getElementById("filter-state");
const shown = document.getElementById("filter-shown");

function filter() {
  const wanted = text.value.trim().toLowerCase();
  let count = 0;
  for (const row of rows) {
    const fits = row.textContent.toLowerCase().includes(wanted) && (!state.value || row.dataset.state === state.value);
    row.hidden = !fits;
    count += fits ? 1 : 0;
  }
  shown.textContent = `${count} of ${rows.length} shown`;
}

function sortBy(column, head) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) {
    other.removeAttribute("aria-sort");
  }
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const ordered = [...rows].sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }) * (down ? -1 : 1));
  body.append(...ordered);
}

[...table.tHead.rows[0].cells].forEach((head, column) => {
  // No button element: where a table goes on over a page, its repeated head would be printed without their texts.
  const button = document.createElement("span");
  button.setAttribute("role", "button");
  button.tabIndex = 0;
  button.textContent = head.textContent.trim();
  button.title = "Sort by this column";
  button.addEventListener("click", () => sortBy(column, head));
  button.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      sortBy(column, head);
    }
  });
  head.replaceChildren(button);
});
text.addEventListener("input", filter);
state.addEventListener("change", filter);
document.getElementById("filter").hidden = false;
filter();
