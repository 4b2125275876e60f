// The page: what there is, put together.

import * as api from "./api.js";
import * as apply from "./apply.js";
import * as clusters from "./clusters.js";
import * as crop from "./crop.js";
import * as cursor from "./cursor.js";
import * as detail from "./detail.js";
import * as download from "./download.js";
import * as fields from "./fields.js";
import * as histogram from "./histogram.js";
import * as keep from "./keep.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as looks from "./looks.js";
import * as measure from "./measure.js";
import * as messages from "./messages.js";
import * as open from "./open.js";
import * as panels from "./panels.js";
import * as pointer from "./pointer.js";
import * as projects from "./projects.js";
import * as samples from "./samples.js";
import * as scale from "./scale.js";
import { current, emit } from "./state.js";
import * as strip from "./strip.js";
import * as suggest from "./suggest.js";
import * as view from "./view.js";

const AGAIN = 3000;
let knocking = 0;

/** Knocks until the server is back, then goes on with what was left. */
function answered(isThere) {
  const isNews = messages.showAway(!isThere);
  if (!isThere) knocking ||= setTimeout(knock, AGAIN);
  if (!isThere || !isNews) return;
  messages.say("The server is back");
  for (const subject of ["segmentation", "view", "measure", "batch", `field ${current()?.key}`]) {
    messages.settle(subject);
  }
  if (current()) emit("back");
}

function knock() {
  knocking = 0;
  api.send("livez").catch(() => {});
}

api.prepare(messages.askForToken, answered);
for (const part of [
  view, cursor, strip, live, looks, measure, panels, fields, pointer, keys, suggest, scale, open,
  crop, download, clusters, histogram, apply, detail, keep, projects,
]) part.prepare();
samples.prepare((file) => open.openFiles([file]));
try {
  const image = await keep.openProject();
  if (image) await open.show(image);
  else keep.claim();
} catch (error) {
  messages.complain("keeping", error);
}
document.body.dataset.ready = "yes";
