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

/// Columns that a trade and other columns of its row give, the quote beside it for one, and the trades of its instrument before.
///
/// The host holds one for each instrument, and hands it the trades in order. An implementation writes `update(_:beside:into:)`; the
/// forms without columns see none, and refuse every trade.
public protocol TradeColumn: DerivedColumn where Input == Trade {
    /// Takes one trade and writes every output; returns whether the trade was accepted. One that is refused changes nothing.
    ///
    /// - Parameter source: gives the number of a column, by its place in `sources`; NaN where it has none.
    mutating func update(_ trade: Trade, beside source: (Int) -> Double, into row: OutputRow) -> Bool
}

/// The plugins that are such columns: of no other is an instance made only to see what it reads.
public let derivedColumnPlugins: Set<String> = [
    "indicator/cross_section", "indicator/derived", "indicator/effective_spread", "indicator/lee_ready",
    "indicator/realized_spread",
]

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
