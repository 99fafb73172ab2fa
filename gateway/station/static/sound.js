/* Without this file an alarm would have to be seen: two rising tones until somebody answers, if the browser lets us. */
tiexin.sound = (function (page) {
  "use strict";

  var Audio = window.AudioContext || window.webkitAudioContext, audio = null, ringer = null;

  function wantsSound() {
    try { return localStorage.getItem("tiexin-sound") !== "off"; } catch (fault) { return true; }
  }

  function wake() {
    if (!Audio || !wantsSound()) { return; }
    audio = audio || new Audio();
    if (audio.state === "suspended") { audio.resume().then(showSound, showSound); }
    showSound();
  }

  function showSound() {
    var isOn = wantsSound(), mayPlay = audio && audio.state === "running";
    page.byId("sound").hidden = !Audio;
    page.byId("sound").setAttribute("aria-pressed", isOn ? "true" : "false");
    page.byId("tap").hidden = !Audio || !isOn || mayPlay;
  }

  function tone(hz, atS, forS) {
    var one = audio.createOscillator(), loud = audio.createGain(), begin = audio.currentTime + atS;
    one.type = "triangle";
    one.frequency.value = hz;
    loud.gain.setValueAtTime(0.0001, begin);
    loud.gain.exponentialRampToValueAtTime(0.5, begin + 0.03);
    loud.gain.exponentialRampToValueAtTime(0.0001, begin + forS);
    one.connect(loud);
    loud.connect(audio.destination);
    one.start(begin);
    one.stop(begin + forS + 0.05);
  }

  function ringOnce() {
    if (audio && audio.state === "running" && wantsSound()) {
      tone(660, 0, 0.25);
      tone(880, 0.28, 0.25);
      tone(1175, 0.56, 0.45);
      document.documentElement.setAttribute("data-rang", String(Number(document.documentElement.getAttribute("data-rang") || 0) + 1));
    }
    if (navigator.vibrate && wantsSound()) { try { navigator.vibrate([300, 150, 300]); } catch (fault) { return; } }
  }

  /* As long as somebody waits for an answer. */
  function ring(isWanted) {
    if (isWanted && !ringer) {
      ringOnce();
      ringer = setInterval(ringOnce, 2500);
    } else if (!isWanted && ringer) {
      clearInterval(ringer);
      ringer = null;
    }
  }

  function toggle() {
    try { localStorage.setItem("tiexin-sound", wantsSound() ? "off" : "on"); } catch (fault) { return; }
    wake();
    showSound();
    if (wantsSound() && audio) { ringOnce(); }
  }

  if (window.AudioContext) { try { audio = new Audio(); } catch (fault) { audio = null; } }
  if (audio) { audio.onstatechange = showSound; }
  page.byId("sound").addEventListener("click", toggle);
  showSound();
  return { wake: wake, ring: ring };
}(tiexin));
