/* Without this file each script would read the page in its own way: what the page says, and small helpers.
   Plain old JavaScript on purpose: the tablet on the wall may be ten years old. pages.py joins it with the others. */
var tiexin = (function () {
  "use strict";

  function byId(id) { return document.getElementById(id); }
  function read(id) { return JSON.parse(byId(id).textContent); }

  var words = read("words");

  return {
    facts: read("facts"),
    words: words,
    byId: byId,
    each: function (list, act) { Array.prototype.forEach.call(list, act); },
    now: function () { return window.performance && performance.now ? performance.now() : Date.now(); },
    say: function (key, values) {
      return words[key].replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
    }
  };
}());
