/// The host's version.
package enum PenstockVersion {
    /// Semantic version of this build.
    package static let current = "0.1.0"
}
