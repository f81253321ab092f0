// The one file of the module with pointers. They are sound because `ForestLayout` has checked that every `left` and every
// feature of a reachable node is in range, and because the callers check a row's length.
extension FlatForest {
    /// Adds up the trees for a row of `featureCount` numbers.
    @inline(__always)
    func sum(_ row: UnsafePointer<some FeatureNumber>) -> Float {
        var missing = 0
        for feature in 0..<featureCount { missing |= row[feature].single.isNaN ? 1 : 0 }
        return missing != 0
            ? sum(row) { node, row in node.nextWithMissing(row) }
            : sum(row) { node, row in node.next(row) }
    }

    /// Walks eight trees side by side, which hides the latency of each step, and adds their leaves in tree order.
    @inline(__always)
    private func sum<Number: FeatureNumber>(
        _ row: UnsafePointer<Number>, step: (ForestNode, UnsafePointer<Number>) -> UInt32
    ) -> Float {
        var total = base
        nodes.withUnsafeBufferPointer { nodes in
            roots.withUnsafeBufferPointer { roots in
                guard let nodes = nodes.baseAddress, var root = roots.baseAddress else { return }
                for depth in depths {
                    var (a, b, c, d) = (root[0], root[1], root[2], root[3])
                    var (e, f, g, h) = (root[4], root[5], root[6], root[7])
                    for _ in 0..<depth {
                        a = step(nodes[Int(a)], row)
                        b = step(nodes[Int(b)], row)
                        c = step(nodes[Int(c)], row)
                        d = step(nodes[Int(d)], row)
                        e = step(nodes[Int(e)], row)
                        f = step(nodes[Int(f)], row)
                        g = step(nodes[Int(g)], row)
                        h = step(nodes[Int(h)], row)
                    }
                    total = total + nodes[Int(a)].value + nodes[Int(b)].value
                    total = total + nodes[Int(c)].value + nodes[Int(d)].value
                    total = total + nodes[Int(e)].value + nodes[Int(f)].value
                    total = total + nodes[Int(g)].value + nodes[Int(h)].value
                    root += ForestLayout.laneCount
                }
            }
        }
        return total
    }
}
