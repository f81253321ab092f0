/// Comparing secrets.
package enum ConstantTime {
    /// Whether two texts are equal; takes as long for a wrong text as for the right one.
    package static func isEqual(_ given: some Sequence<UInt8>, _ secret: some Sequence<UInt8>) -> Bool {
        let (given, secret) = (Array(given), Array(secret))
        var difference = given.count ^ secret.count
        for index in secret.indices { difference |= Int(secret[index] ^ (index < given.count ? given[index] : 0)) }
        return difference == 0
    }
}
