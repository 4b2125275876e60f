package qupath.lib.io

import groovy.json.JsonSlurper
import qupath.lib.scripting.Annotation
import qupath.lib.scripting.PathClass

class PathIO {
    static List readObjectsFromGeoJSON(InputStream stream) {
        new JsonSlurper().parse(stream).features.collect { feature ->
            assert feature.type == 'Feature' && feature.geometry.type in ['Polygon', 'MultiPolygon']
            assert feature.properties.objectType == 'annotation'
            def given = feature.properties.classification
            def (red, green, blue) = given.color
            def rings = feature.geometry.type == 'Polygon' ? feature.geometry.coordinates : feature.geometry.coordinates[0]
            new Annotation(
                pathClass: new PathClass(name: given.name, color: red << 16 | green << 8 | blue), points: rings[0])
        }
    }
}
