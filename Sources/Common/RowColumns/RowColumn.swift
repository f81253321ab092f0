public import PluginKit

/// A column that follows from other columns, whatever input they came from.
///
/// It is declared like an indicator, and has a column like one; the host fills it in, once the others are there. By itself it
/// sees the event alone and gives no value.
public protocol DerivedColumn: Indicator {
    /// The columns it reads. `price` is none of a row's columns, but the price of its event.
    var sources: [String] { get }
}

/// A column that follows from other columns of the same row.
public protocol RowColumn: DerivedColumn {
    /// Returns its value at a row; NaN where it has none.
    ///
    /// - Parameter source: gives the number of a column, by its place in `sources`.
    func value(_ source: (Int) -> Double) -> Double
}

/// The plugins that are such columns: of no other is an instance made only to see what it reads.
public let derivedColumnPlugins: Set<String> = ["indicator/cross_section", "indicator/derived"]

/// What a row column calls the price of its row's event: the close of a bar.
public let rowPrice = "price"

/// Returns some columns, and all that those of them are made of that are derived.
///
/// - Parameter sources: gives the columns that one reads; none for one that is not derived.
public func columnsBehind(_ names: Set<String>, sources: (String) -> [String]) -> Set<String> {
    var found = names
    var open = names
    while !open.isEmpty {
        open = Set(open.flatMap(sources)).subtracting(found)
        found.formUnion(open)
    }
    return found
}
