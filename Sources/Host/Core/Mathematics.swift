import Glibc

// The one file of the core that imports the system's library: the standard library has none of these.

/// Natural logarithm.
package func logarithm(_ number: Double) -> Double { log(number) }

/// e to a power.
package func exponential(_ power: Double) -> Double { exp(power) }

/// What the error function lacks of 1.
func complementaryError(_ number: Double) -> Double { erfc(number) }
