/// How prices before a split or dividend are made comparable with those after it.
public enum Adjustment: String, Sendable, CaseIterable {
    /// As traded.
    case none
    /// Backwards from now (前复权): the last price is as traded, and older ones change with every new dividend.
    case qfq
    /// Forwards from the listing (后复权): the first price is as traded, and no price ever changes.
    case hfq
}
