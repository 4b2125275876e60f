/*
 * Trains an Eyepiece server on annotations that have classes, and adds what it finds as annotations.
 *
 * The region that is looked at is the selected annotation without a class, or else the whole image.
 * Regions of classes whose names end in *, such as Ignore*, are learnt and not added.
 */
import java.awt.BasicStroke
import java.awt.Color
import java.awt.RenderingHints
import java.awt.geom.AffineTransform
import java.awt.image.BufferedImage
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import javax.imageio.ImageIO
import qupath.lib.io.PathIO
import qupath.lib.objects.PathObjectTools
import qupath.lib.regions.RegionRequest

import static qupath.lib.scripting.QP.*

def url = System.getenv('EYEPIECE_URL') ?: 'http://localhost:8471'
def token = System.getenv('EYEPIECE_TOKEN')
def quality = 'standard'
def clean = 'area:50'           // steps with ; between them, or '' for none
def longestSide = 2048          // of the picture that is sent; a larger region is scaled down
def lineWidth = 3               // of lines and points, in pixels of that picture

def client = HttpClient.newHttpClient()
def ask = { String method, String path, byte[] body = null, String kind = 'application/octet-stream' ->
    def request = HttpRequest.newBuilder(URI.create(url + path)).method(method,
        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body))
    if (body != null) request.header('Content-Type', kind)
    if (token) request.header('Authorization', 'Bearer ' + token)
    def answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray())
    if (answer.statusCode() >= 400)
        throw new IOException("Eyepiece: $method $path: ${answer.statusCode()} " + new String(answer.body(), 'UTF-8'))
    answer.body()
}
def member = { byte[] json, String name ->
    (new String(json, 'UTF-8') =~ /"$name"\s*:\s*"([^"]*)"/)[0][1]
}
def encoded = { String text -> URLEncoder.encode(text, 'UTF-8') }
def quoted = { String text -> '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"' }

// The picture of the region.
def server = getCurrentServer()
def selected = getSelectedObject()
def isRegion = selected != null && selected.isAnnotation() && selected.getPathClass() == null
def roi = isRegion ? selected.getROI() : null
def x = roi ? Math.max(roi.getBoundsX() as int, 0) : 0
def y = roi ? Math.max(roi.getBoundsY() as int, 0) : 0
def width = Math.min(roi ? roi.getBoundsWidth() as int : server.getWidth(), server.getWidth() - x)
def height = Math.min(roi ? roi.getBoundsHeight() as int : server.getHeight(), server.getHeight() - y)
def downsample = Math.max(1.0d, Math.max(width, height) / (double) longestSide)
def picture = server.readRegion(RegionRequest.createInstance(server.getPath(), downsample, x, y, width, height))
def file = new ByteArrayOutputStream()
if (!ImageIO.write(picture, 'PNG', file))
    throw new IOException('Eyepiece: the picture has channels that a PNG cannot hold; export it as a TIFF')

// Annotations painted with the numbers of their classes.
def annotations = getAnnotationObjects().findAll { it.getPathClass() != null }
def classes = annotations.collect { it.getPathClass() }.unique()
if (classes.size() < 2) throw new IllegalStateException('Eyepiece: annotate regions of two classes first')
def canvas = new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB)
def pen = canvas.createGraphics()
pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_OFF)
pen.scale(1 / downsample, 1 / downsample)
pen.translate(-x, -y)
pen.setStroke(new BasicStroke((float) (lineWidth * downsample)))
annotations.each {
    pen.setColor(new Color(0, 0, classes.indexOf(it.getPathClass()) + 1))
    if (it.getROI().isArea()) pen.fill(it.getROI().getShape()) else pen.draw(it.getROI().getShape())
}
pen.dispose()
def labels = new ByteArrayOutputStream()
labels.write("P5 ${canvas.getWidth()} ${canvas.getHeight()} 255\n".toString().getBytes('US-ASCII'))
for (row in 0..<canvas.getHeight())
    for (column in 0..<canvas.getWidth()) labels.write(canvas.getRGB(column, row) & 255)

// Features, classifier, objects.
def field = member(ask('POST', "/fields?quality=$quality", file.toByteArray()), 'id')
def named = classes.withIndex().collect { one, index ->
    def color = String.format('#%06x', (one.getColor() ?: 0xd55e00) & 0xffffff)
    "{\"id\": ${index + 1}, \"name\": ${quoted(one.getName())}, \"color\": \"$color\"}"
}
def name = member(ask('POST', '/images', labels.toByteArray()), 'image')
def training = "{\"examples\": [{\"field\": \"$field\", \"labels\": \"$name\"}], \"classes\": [${named.join(', ')}]}"
def classifier = member(ask('POST', '/classifiers', training.getBytes('UTF-8'), 'application/json'), 'id')
def query = "?classifier=$classifier&format=geojson" + (clean ? "&clean=${encoded(clean)}" : '')
def found = ask('GET', "/fields/$field/segmentation$query")
def toImage = new AffineTransform(downsample, 0, 0, downsample, x, y)
def objects = PathIO.readObjectsFromGeoJSON(new ByteArrayInputStream(found))
    .findAll { !it.getPathClass().getName().endsWith('*') }
    .collect { PathObjectTools.transformObject(it, toImage, false) }
addObjects(objects)
println "Eyepiece: ${objects.size()} objects of ${classes.size()} classes; the classifier is $classifier"
