package import PluginKit

/// One value of the manifest, checked, with its type, origin and place.
package struct Setting: Sendable {
    /// What the value is declared to be.
    package let field: Field
    /// The value; `nil` where it is not set and has no default.
    package let value: ConfigurationValue?
    /// Where the value came from.
    package let origin: ValueOrigin
    /// Where the value is written; `nil` for a default.
    package let location: SourceSpan?
    /// The values inside a record, a map (by key) or a list (by position), in order.
    package let children: [Child]

    /// A value inside another.
    package struct Child: Sendable {
        /// Its key, or its position from 0.
        package let name: String
        /// The value.
        package let setting: Setting
    }

    /// Returns the value inside by its key or position.
    package subscript(name: String) -> Setting? { children.first { $0.name == name }?.setting }
}
