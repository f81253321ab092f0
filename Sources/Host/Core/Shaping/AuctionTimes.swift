/// How far outside the session a venue's auctions print trades that belong to it, nanoseconds.
///
/// The defaults hold the mainland's opening at 09:25 and Hong Kong's closing by 16:10.
package struct AuctionTimes: Sendable, Hashable {
    /// Time before the open; what is printed there belongs to the first bar.
    package let opening: Int64
    /// Time after the close and after the start of a break; what is printed there belongs to the bar before.
    package let closing: Int64

    /// Creates times of 0 or more.
    package init(opening: Int64 = 600_000_000_000, closing: Int64 = 600_000_000_000) {
        self.opening = max(0, opening)
        self.closing = max(0, closing)
    }
}
