/* Without this file every clock on the page would stand still: they count from the gateway's stamps, not the tablet's. */
tiexin.clocks = (function (page) {
  "use strict";

  var stampBase = 0, unixBase = 0, isTimeKnown = false;

  /* told: what the gateway's own clocks say at this moment. */
  function follow(told) {
    stampBase = told.stamp - page.now();
    unixBase = told.unix * 1000 - page.now();
    isTimeKnown = told.unix > 0;
  }

  function stampMs() { return page.now() + stampBase; }
  function unixS() { return isTimeKnown ? (page.now() + unixBase) / 1000 : 0; }

  function clockText(ms) {
    var s = Math.max(0, Math.floor(ms / 1000)), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    function two(n) { return (n < 10 ? "0" : "") + n; }
    return h ? h + ":" + two(m) + ":" + two(s % 60) : m + ":" + two(s % 60);
  }

  function tick() {
    page.each(document.querySelectorAll(".clock[data-from]"), function (clock) {
      var ms = stampMs() - Number(clock.getAttribute("data-from"));
      var colour = ms > clock.getAttribute("data-red") * 1000 ? "red"
        : ms > clock.getAttribute("data-amber") * 1000 ? "amber" : "green";
      clock.querySelector(".digits").textContent = clockText(ms);
      if (clock.getAttribute("data-colour") !== colour) {
        clock.setAttribute("data-colour", colour);
        clock.querySelector(".light").textContent = page.words[colour];
      }
    });
  }

  function ages() {
    if (!unixS()) { return; }
    page.each(document.querySelectorAll("time[data-unix]"), function (one) {
      var s = unixS() - Number(one.getAttribute("data-unix"));
      var text = s < 60 ? page.words.ago_now : s < 3600 ? page.say("ago_min", { n: Math.floor(s / 60) })
        : s < 2 * 86400 ? page.say("ago_h", { n: Math.floor(s / 3600) }) : page.say("ago_d", { n: Math.floor(s / 86400) });
      if (!one.title) { one.title = one.textContent; }
      if (one.textContent !== text) { one.textContent = text; }
    });
  }

  follow(page.facts);
  return { follow: follow, tick: tick, ages: ages };
}(tiexin));
