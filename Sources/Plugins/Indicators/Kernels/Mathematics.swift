import Glibc

// The functions of the C library that indicators use, as properties: one place that names the library.
extension Double {
    /// e to the power of the number.
    var exponential: Double { exp(self) }
    /// Natural logarithm.
    var logarithm: Double { log(self) }
    /// Logarithm to the base 10.
    var decimalLogarithm: Double { log10(self) }
    /// The number to the power of another.
    func power(_ exponent: Double) -> Double { pow(self, exponent) }
    /// Arc cosine in radians.
    var arcCosine: Double { acos(self) }
    /// Arc sine in radians.
    var arcSine: Double { asin(self) }
    /// Arc tangent in radians.
    var arcTangent: Double { atan(self) }
    /// Tangent of radians.
    var tangent: Double { tan(self) }
    /// Hyperbolic cosine.
    var hyperbolicCosine: Double { cosh(self) }
    /// Hyperbolic sine.
    var hyperbolicSine: Double { sinh(self) }
    /// Hyperbolic tangent.
    var hyperbolicTangent: Double { tanh(self) }
    /// Sine of radians.
    var sine: Double { sin(self) }
    /// Cosine of radians.
    var cosine: Double { cos(self) }
    /// Radians as degrees.
    var inDegrees: Double { self * (180 / .pi) }
    /// Degrees as radians.
    var inRadians: Double { self * (.pi / 180) }
}
