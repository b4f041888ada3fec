addEventListener("DOMContentLoaded", function () {
  "use strict";
  var tools = document.querySelector(".tools"), list = document.querySelector("main ol");
  if (!tools || !list) return;
  var cards = Array.from(list.children);
  var find = tools.querySelector("input"), order = tools.querySelector("select"), told = tools.querySelector("output");
  var words = new Map(cards.map(function (card) { return [card, card.textContent.toLowerCase()]; }));
  var rank = new Map(cards.map(function (card, at) { return [card, at]; }));
  function show() {
    var wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean), seen = 0;
    cards.forEach(function (card) {
      card.hidden = !wanted.every(function (word) { return words.get(card).includes(word); });
      if (card.getClientRects().length) seen += 1;
    });
    told.textContent = seen + " of " + cards.length + " shown";
  }
  function sort() {
    var by = order.value, down = by === "last" ? -1 : 1;
    var of = function (card) { return card.dataset[by] || ""; };
    var sorted = cards.slice().sort(function (a, b) {
      var x = of(a), y = of(b);
      // What is not known comes last in any order.
      if (by !== "rank" && !x !== !y) return x ? -1 : 1;
      var first = by === "rank" ? 0 : by === "row" ? x - y : down * x.localeCompare(y);
      return first || rank.get(a) - rank.get(b);
    });
    list.append.apply(list, sorted);
  }
  find.addEventListener("input", show);
  order.addEventListener("change", sort);
  document.querySelectorAll(".pick input").forEach(function (one) { one.addEventListener("change", show); });
  tools.hidden = false;
  show();
});
