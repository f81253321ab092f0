import Glibc

// The one file of the core that imports the system's library: the standard library has no logarithm.

/// Natural logarithm.
func logarithm(_ number: Double) -> Double { log(number) }
