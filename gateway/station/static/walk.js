/* Without this file whoever walks through a home would have to reload the page after each press.
   Plain old JavaScript on purpose, as station.js. */
(function () {
  "use strict";

  var host = document.getElementById("walk");
  if (!host || !host.getAttribute("data-live")) { return; }

  function isWritten() { return host.contains(document.activeElement) && document.activeElement.name === "note"; }

  function look() {
    var request = new XMLHttpRequest();
    request.open("GET", "/parts/walk");
    request.timeout = 5000;
    request.onload = function () {
      /* Nobody's half-written room is taken from under their fingers. */
      if (request.status === 200 && request.responseText !== host.lastText && !isWritten()) {
        host.lastText = request.responseText;
        host.innerHTML = request.responseText;
      }
    };
    request.onloadend = function () { window.setTimeout(look, 1000); };
    request.send();
  }

  look();
}());
