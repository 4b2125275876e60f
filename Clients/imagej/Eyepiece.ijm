// Asks an Eyepiece server about the active image: its classes by the regions in the ROI Manager, its
// principal components, or what looks like the point that is selected.
//
// The class of a region is the number that its name begins with: "1", "2 pore", "2-0013-0124".
// Asked by another macro, runMacro("Eyepiece.ijm", "output=segmentation url=http://localhost:8471"),
// no dialog is shown. It needs curl, which Windows 10, macOS and Linux have.

url = "http://localhost:8471";
token = "";
output = "segmentation";
quality = "standard";
clean = "";
measure = "fractions";

outputs = newArray("segmentation", "pca", "similarity");
qualities = newArray("draft", "standard", "fine", "hrdv2");
tables = newArray("none", "fractions", "objects", "interfaces", "correlation");

if (getArgument() == "") {
  Dialog.create("Eyepiece");
  Dialog.addString("Server", url, 30);
  Dialog.addString("Token", token, 30);
  Dialog.addChoice("Output", outputs, output);
  Dialog.addChoice("Quality", qualities, quality);
  Dialog.addString("Clean-up", clean, 30);
  Dialog.addChoice("Measure", tables, measure);
  Dialog.show();
  url = Dialog.getString();
  token = Dialog.getString();
  output = Dialog.getChoice();
  quality = Dialog.getChoice();
  clean = Dialog.getString();
  measure = Dialog.getChoice();
} else {
  settings = split(getArgument(), " ");
  for (i = 0; i < settings.length; i++) {
    equals = indexOf(settings[i], "=");
    if (equals < 0) exit("Eyepiece: " + settings[i] + " is no name=value");
    name = substring(settings[i], 0, equals);
    value = substring(settings[i], equals + 1);
    if (name == "url") url = value;
    else if (name == "token") token = value;
    else if (name == "output") output = value;
    else if (name == "quality") quality = value;
    else if (name == "clean") clean = value;
    else if (name == "measure") measure = value;
    else exit("Eyepiece: there is no setting " + name);
  }
}

if (nImages == 0) exit("Eyepiece: open an image first");
image = getImageID();
title = getTitle();
folder = getDirectory("temp") + "eyepiece-" + round(random * 1e9) + File.separator;
File.makeDirectory(folder);

points = "";
if (output == "similarity") {
  if (selectionType() != 10) exit("Eyepiece: select a point, or several, with the point tool");
  getSelectionCoordinates(xs, ys);
  for (i = 0; i < xs.length; i++) {
    if (i > 0) points += ";";
    points += "" + floor(xs[i]) + "," + floor(ys[i]);
  }
}
if (output == "segmentation") labels = labelImage(image, folder);

// The page that is looked at, with its calibration.
selectImage(image);
page = getSliceNumber();
selected = selectionType() >= 0;
if (selected) run("Select None");
run("Duplicate...", "title=eyepiece-page");
saveAs("Tiff", folder + "image.tif");
close();
selectImage(image);
if (selected) run("Restore Selection");

showStatus("Eyepiece: features of " + title);
answer = ask("fields?quality=" + quality, folder + "image.tif", folder + "field.json");
field = "fields/" + member(answer, "id");

if (output == "pca") {
  ask(field + "/pca", "", folder + "pca.png");
  open(folder + "pca.png");
  rename(title + " PCA");
} else if (output == "similarity") {
  ask(field + "/similarity?format=tiff&points=" + points, "", folder + "similarity.tif");
  open(folder + "similarity.tif");
  rename(title + " similarity");
} else {
  query = "?format=tiff";
  if (clean != "") query += "&clean=" + replace(clean, ":", "%3A");
  ask(field + "/segmentation" + query, labels, folder + "segmentation.tif");
  open(folder + "segmentation.tif");
  rename(title + " segmentation");
  if (measure != "none") {
    ask(field + "/measurements?of=" + measure, folder + "segmentation.tif", folder + "measurements.csv");
    Table.open(folder + "measurements.csv");
    Table.rename("measurements.csv", title + " " + measure);
    // The image's digest, the same in every row.
    Table.deleteColumn("image");
  }
}
showStatus("");
names = getFileList(folder);
for (i = 0; i < names.length; i++) deleted = File.delete(folder + names[i]);
deleted = File.delete(folder);

// An image of the regions' classes, as a file.
function labelImage(image, folder) {
  if (roiManager("count") == 0)
    exit("Eyepiece: add regions of two classes to the ROI Manager, with names that begin with 1, 2, ...");
  selectImage(image);
  getDimensions(width, height, channels, slices, frames);
  setBatchMode(true);
  newImage("eyepiece-labels", "8-bit black", width, height, 1);
  target = getImageID();
  for (i = 0; i < roiManager("count"); i++) {
    selectImage(target);
    roiManager("select", i);
    parts = split(Roi.getName, "- _");
    number = parseInt(parts[0]);
    if (isNaN(number) || number < 1 || number > 255)
      exit("Eyepiece: the region " + Roi.getName + " has no number from 1 to 255");
    setColor(number);
    // Lines are painted as wide as they are, areas filled.
    if (Roi.getType == "freeline" || Roi.getType == "polyline" || Roi.getType == "straight"
        || Roi.getType == "point" || Roi.getType == "line") {
      setForegroundColor(number, number, number);
      run("Draw", "slice");
    } else {
      fill();
    }
  }
  run("Select None");
  saveAs("PNG", folder + "labels.png");
  close();
  setBatchMode(false);
  return folder + "labels.png";
}

// Sends a file, or asks for something if there is none; the answer is in a file, and is returned if it is text.
function ask(path, body, file) {
  header = "X-Nothing: ";
  if (token != "") header = "Authorization: Bearer " + token;
  if (body == "")
    status = exec("curl", "-s", "-S", "-H", header, "-o", file, "-w", "%{http_code}", url + "/" + path);
  else
    status = exec("curl", "-s", "-S", "-H", header, "-H", "Content-Type: application/octet-stream",
      "--data-binary", "@" + body, "-o", file, "-w", "%{http_code}", url + "/" + path);
  status = String.trim(status);
  if (!startsWith(status, "2")) {
    detail = status;
    if (File.exists(file)) detail = member(File.openAsString(file), "detail");
    exit("Eyepiece: no answer from " + url + ": " + detail);
  }
  if (endsWith(file, ".json")) return File.openAsString(file);
  return "";
}

// A text of a JSON object, or all of it where there is no such member.
function member(json, name) {
  start = indexOf(json, "\"" + name + "\"");
  if (start < 0) return json;
  start = indexOf(json, "\"", indexOf(json, ":", start)) + 1;
  return substring(json, start, indexOf(json, "\"", start));
}
