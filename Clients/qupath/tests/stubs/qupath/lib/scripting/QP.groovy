package qupath.lib.scripting

import java.awt.Rectangle
import java.awt.image.BufferedImage
import javax.imageio.ImageIO
import groovy.json.JsonOutput

/** Stands in for QuPath: what its scripts may call, of one image with some annotations. */
class QP {
    static File folder = new File(System.getenv('STUB_FOLDER'))
    static BufferedImage picture = ImageIO.read(new File(folder, 'image.png'))
    static server = new Object() {
        int getWidth() { picture.getWidth() }
        int getHeight() { picture.getHeight() }
        String getPath() { 'image' }
        BufferedImage readRegion(request) {
            int w = request.width / request.downsample, h = request.height / request.downsample
            def scaled = new BufferedImage(w, h, BufferedImage.TYPE_BYTE_GRAY)
            def pen = scaled.createGraphics()
            pen.drawImage(picture.getSubimage(request.x, request.y, request.width, request.height), 0, 0, w, h, null)
            scaled
        }
    }
    static getCurrentServer() { server }

    static annotation(name, color, x, y, w, h) {
        def theClass = name == null ? null : CLASSES.computeIfAbsent(name) { new PathClass(name: name, color: color) }
        new Annotation(pathClass: theClass, ROI: new ROI(shape: new Rectangle(x, y, w, h)))
    }
    static CLASSES = [:]
    static getAnnotationObjects() {
        [annotation('matrix', 0xd55e00, 8, 10, 22, 4), annotation('Ignore*', 0x000000, 60, 40, 25, 4),
         annotation('pore', 0x56b4e9, 60, 20, 25, 4)].findAll { it.pathClass.name in System.getenv('STUB_CLASSES').split(',') }
    }
    static getSelectedObject() {
        def region = System.getenv('STUB_REGION')
        region ? annotation(null, 0, *region.split(',').collect { it as int }) : null
    }
    static addObjects(objects) {
        new File(folder, 'objects.json').text = JsonOutput.toJson(objects.collect {
            [name: it.pathClass.name, color: it.pathClass.color, points: it.points] })
    }
}

class PathClass { String name; Integer color }
class ROI {
    java.awt.Shape shape
    boolean isArea() { true }
    double getBoundsX() { shape.bounds2D.x }
    double getBoundsY() { shape.bounds2D.y }
    double getBoundsWidth() { shape.bounds2D.width }
    double getBoundsHeight() { shape.bounds2D.height }
}
class Annotation {
    PathClass pathClass
    ROI ROI
    List points
    boolean isAnnotation() { true }
}
