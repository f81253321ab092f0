import Glibc

// The functions of the C library that indicators use, as properties: one place that names the library.
extension Double {
    /// e to the power of the number.
    var exponential: Double { exp(self) }
    /// Natural logarithm.
    var logarithm: Double { log(self) }
    /// Arc tangent in radians.
    var arcTangent: Double { atan(self) }
    /// Sine of radians.
    var sine: Double { sin(self) }
    /// Cosine of radians.
    var cosine: Double { cos(self) }
    /// Radians as degrees.
    var inDegrees: Double { self * (180 / .pi) }
    /// Degrees as radians.
    var inRadians: Double { self * (.pi / 180) }
}
