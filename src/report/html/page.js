// Tables can be read and printed without this: it adds sorting by a column, and opens what is folded for printing.
(function () {
  "use strict";
  var factors = { k: 1e3, M: 1e6, G: 1e9 };
  function key(row, column) {
    var cell = row.cells[column];
    if (!cell || cell.colSpan > 1) return null;
    var text = cell.textContent.trim().replace(/\u2212/g, "-");
    var found = /^[<>\u2264\u2265]?\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)(?:\s([kMG])(?!\w))?/.exec(text);
    if (found) return { number: Number(found[1]) * (factors[found[2]] || 1), text: text };
    return text === "\u2014" || text === "" ? null : { number: NaN, text: text };
  }
  function compare(one, other, isNumeric) {
    if (isNumeric) return one.number - other.number;
    return one.text.localeCompare(other.text, "en", { numeric: true });
  }
  function sort(table, column, direction) {
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    var isNumeric = rows.every(function (row) { var found = key(row, column); return !found || !isNaN(found.number); });
    rows.sort(function (one, other) {
      var place = one.place - other.place;
      if (direction === 0) return place;
      var a = key(one, column), b = key(other, column);
      // What has no figure stays at the end.
      if (!a || !b) return a ? -1 : b ? 1 : place;
      return direction * compare(a, b, isNumeric) || place;
    });
    rows.forEach(function (row) { body.appendChild(row); });
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var headings = Array.prototype.slice.call(table.tHead.rows[0].cells);
    Array.prototype.forEach.call(table.tBodies[0].rows, function (row, place) { row.place = place; });
    headings.forEach(function (heading, column) {
      var button = document.createElement("button");
      button.type = "button";
      while (heading.firstChild) button.appendChild(heading.firstChild);
      heading.appendChild(button);
      button.addEventListener("click", function () {
        var now = heading.getAttribute("aria-sort");
        var next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
        headings.forEach(function (other) { other.removeAttribute("aria-sort"); });
        if (next) heading.setAttribute("aria-sort", next);
        sort(table, column, next === "ascending" ? 1 : next === "descending" ? -1 : 0);
      });
    });
  });
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (part) { part.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (part) { part.open = false; });
  });
})();
