import PluginKit
import Testing
import TreeEnsembles

@Suite struct FlatForestTests {
    private static let stump = DecisionTree(
        leftChildren: [1, -1, -1], rightChildren: [2, -1, -1], features: [1, 0, 0], thresholds: [1.5, -0.25, 0.75],
        defaultsLeft: [true, false, false])

    private func forest(_ trees: [DecisionTree], base: Float = 0, features: Int = 2) throws -> FlatForest {
        try FlatForest(trees, featureCount: features, base: base, owner: "model/test")
    }

    @Test func sendsLessToTheLeftAndEqualToTheRight() throws {
        let forest = try forest([Self.stump], base: 0.5)
        #expect(forest.value([9, 1.25]) == 0.25)
        #expect(forest.value([9, 1.5]) == 1.25)
        #expect(forest.value(single: [9, -.infinity]) == 0.25)
        #expect(forest.value(single: [9, .infinity]) == 1.25)
    }

    @Test(arguments: [true, false]) func sendsMissingTheDefaultWay(isLeft: Bool) throws {
        var tree = Self.stump
        tree.defaultsLeft[0] = isLeft
        #expect(try forest([tree]).value([0, .nan]) == (isLeft ? -0.25 : 0.75))
        #expect(try forest([tree]).value([.nan, 2]) == 0.75)
    }

    @Test func givesTheValueOfASingleLeaf() throws {
        let leaf = DecisionTree(
            leftChildren: [-1], rightChildren: [-1], features: [0], thresholds: [0.125], defaultsLeft: [false])
        #expect(try forest([leaf], base: 1).value([0, 0]) == 1.125)
        #expect(try forest([leaf], base: 1).value([.nan, 0]) == 1.125)
    }

    @Test func givesTheBaseWithoutTrees() throws {
        #expect(try forest([], base: -3).value([1, 2]) == -3)
    }

    @Test func keepsNegativeZeroWhenBlocksAreFilledUp() throws {
        let leaf = DecisionTree(
            leftChildren: [-1], rightChildren: [-1], features: [0], thresholds: [-0.0], defaultsLeft: [false])
        #expect(try forest([leaf], base: -0.0).value([0, 0]).sign == .minus)
    }

    @Test(arguments: [1, 7, 8, 9, 17]) func addsTreesOfUnequalDepthInOrder(count: Int) throws {
        var numbers = Sequence64(state: UInt64(count))
        let trees = (0..<count).map { Self.grow(depth: 1 + $0 % 5, &numbers) }
        let forest = try forest(trees, base: 0.1, features: 3)
        for _ in 0..<200 {
            let row = (0..<3).map { _ in numbers.next() < 0.1 ? Double.nan : numbers.next() }
            let expected = trees.reduce(Float(0.1)) { $0 + Self.leaf($1, row) }
            #expect(forest.value(row) == expected)
            #expect(forest.value(single: row.map { Float($0) }) == expected)
        }
    }

    @Test func predictsBlocksAsItPredictsRows() throws {
        var numbers = Sequence64(state: 3)
        let trees = (0..<20).map { _ in Self.grow(depth: 4, &numbers) }
        let forest = try forest(trees, features: 3)
        let rows = (0..<300).map { _ in numbers.next() }
        var output = [Double](repeating: 0, count: 100)
        var span = output.mutableSpan
        forest.predict(rows.span, into: &span)
        for row in 0..<100 {
            #expect(output[row] == Double(forest.value(Array(rows[row * 3..<row * 3 + 3]))))
        }
    }

    @Test func refusesTreesThatContradictThemselves() async {
        let cases: [(String, (inout DecisionTree) -> Void)] = [
            ("reaches node 0 twice", { $0.leftChildren[0] = 0 }),
            ("reaches node 1 twice", { $0.rightChildren[0] = 1 }),
            ("has a child 3", { $0.rightChildren[0] = 3 }),
            ("has a child -1", { $0.rightChildren[0] = -1 }),
            ("compares with NaN", { $0.thresholds[0] = .nan }),
            ("whose value is inf", { $0.thresholds[2] = .infinity }),
            ("asks for feature 2", { $0.features[0] = 2 }),
            ("asks for feature -1", { $0.features[0] = -1 }),
            ("all must agree", { $0.thresholds.removeLast() }),
            ("has no nodes", { $0 = DecisionTree() }),
        ]
        for (what, change) in cases {
            let error = await fault {
                var tree = Self.stump
                change(&tree)
                _ = try forest([tree])
            }
            #expect(error?.code == .corrupted)
            #expect(error?.message.contains("tree 0 \(what)") == true || error?.message.contains(what) == true)
        }
    }

    @Test func refusesATreeThatIsTooDeep() async {
        let count = 4_001
        let tree = DecisionTree(
            leftChildren: (0..<count).map { $0 % 2 == 0 && $0 + 2 < count ? Int32($0 + 1) : -1 },
            rightChildren: (0..<count).map { $0 % 2 == 0 && $0 + 2 < count ? Int32($0 + 2) : -1 },
            features: .init(repeating: 0, count: count), thresholds: .init(repeating: 0, count: count),
            defaultsLeft: .init(repeating: false, count: count))
        let error = await fault { _ = try forest([tree]) }
        #expect(error?.message.contains("deeper than 1024 levels") == true)
    }

    /// A tree walked the plain way, branch by branch.
    private static func leaf(_ tree: DecisionTree, _ row: [Double]) -> Float {
        var node = 0
        while tree.leftChildren[node] >= 0 {
            let value = Float(row[Int(tree.features[node])])
            let isLeft = value.isNaN ? tree.defaultsLeft[node] : value < tree.thresholds[node]
            node = Int(isLeft ? tree.leftChildren[node] : tree.rightChildren[node])
        }
        return tree.thresholds[node]
    }

    /// A lopsided random tree.
    private static func grow(depth: Int, _ numbers: inout Sequence64) -> DecisionTree {
        var tree = DecisionTree()
        add(&tree, depth: depth, &numbers)
        return tree
    }

    private static func add(_ tree: inout DecisionTree, depth: Int, _ numbers: inout Sequence64) {
        let node = tree.count
        tree.leftChildren.append(-1)
        tree.rightChildren.append(-1)
        tree.features.append(Int32(numbers.next() * 3))
        tree.thresholds.append(Float(numbers.next()))
        tree.defaultsLeft.append(numbers.next() < 0.5)
        guard depth > 0 else { return }
        tree.leftChildren[node] = Int32(tree.count)
        add(&tree, depth: depth - 1, &numbers)
        tree.rightChildren[node] = Int32(tree.count)
        add(&tree, depth: max(0, depth - 2), &numbers)
    }
}
