import PluginKit

/// The newest rows of each instrument, for a model that sees several bars together.
///
/// A window is whole when so many bars of the instrument in a row had every value. A bar that lacks one ends it, and so does a
/// new level of the price: no window reaches across either. What a window costs is a copy of its numbers; once warm nothing is
/// allocated.
struct FeatureWindows: Sendable {
    /// Bars a window holds.
    let steps: Int
    /// Numbers a bar.
    let width: Int
    private var histories: [History?] = []

    /// Rows of one instrument, oldest first, in room for twice a window: so that one is always in one piece.
    private struct History {
        var values: [Double] = []
        var count = 0
    }

    /// Creates windows of no bar yet.
    init(steps: Int, width: Int) { (self.steps, self.width) = (steps, width) }

    /// Takes the row of an instrument's next bar, which stands at the end of `block` from `mark` on, and puts the window that ends
    /// with it in its place; takes it out where there is none. Returns whether there is one.
    mutating func take(_ key: RowKey, isComplete: Bool, from mark: Int, in block: inout [Double]) -> Bool {
        let place = Int(key.instrument.rawValue)
        while histories.count <= place { histories.append(nil) }
        defer { if block.count == mark + width { block.removeLast(width) } }
        guard isComplete else {
            histories[place] = histories[place].map { _ in History() }
            return false
        }
        var history = histories[place] ?? History()
        histories[place] = nil
        if key.flags.contains(.newLevel) { history = History() }
        if history.count == 2 * steps {
            history.values.removeFirst((steps + 1) * width)
            history.count = steps - 1
        }
        history.values.append(contentsOf: block[mark...])
        history.count += 1
        defer { histories[place] = history }
        guard history.count >= steps else { return false }
        block.removeLast(width)
        block.append(contentsOf: history.values.suffix(steps * width))
        return true
    }
}
