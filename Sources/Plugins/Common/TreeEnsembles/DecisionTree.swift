/// One regression tree as a library writes it: parallel arrays by node number, the root is node 0.
///
/// Nothing is checked here; `FlatForest` checks what can be reached from the root. Nodes that cannot be reached (pruned
/// ones) are ignored.
public struct DecisionTree: Sendable {
    /// Child taken where the feature is less than the threshold; negative for a leaf.
    public var leftChildren: [Int32]
    /// Child taken otherwise.
    public var rightChildren: [Int32]
    /// The feature a node compares.
    public var features: [Int32]
    /// What a node compares with; a leaf's value where the node is a leaf.
    public var thresholds: [Float]
    /// Whether a missing (NaN) feature goes left.
    public var defaultsLeft: [Bool]

    /// Creates a tree from arrays of equal length.
    public init(
        leftChildren: [Int32] = [], rightChildren: [Int32] = [], features: [Int32] = [], thresholds: [Float] = [],
        defaultsLeft: [Bool] = []
    ) {
        self.leftChildren = leftChildren
        self.rightChildren = rightChildren
        self.features = features
        self.thresholds = thresholds
        self.defaultsLeft = defaultsLeft
    }

    /// How many nodes it has, those out of reach included.
    public var count: Int { leftChildren.count }
}
