package qupath.lib.objects

import java.awt.geom.AffineTransform
import qupath.lib.scripting.Annotation

class PathObjectTools {
    static transformObject(object, AffineTransform transform, boolean copyMeasurements) {
        def moved = object.points.collect { point ->
            def to = new double[2]
            transform.transform([point[0], point[1]] as double[], 0, to, 0, 1)
            to as List
        }
        new Annotation(pathClass: object.pathClass, points: moved)
    }
}
