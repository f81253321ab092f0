import PluginKit
import Testing
import TreeEnsembles

@Suite struct XGBoostDocumentTests {
    private func predict(_ text: ForestText, _ row: [Double]) throws -> Float {
        try XGBoostDocument(text.bytes, owner: "model/test").forest.value(row)
    }

    @Test(arguments: ["5E-1", "[5E-1]", "0.5", "[0.5]"]) func readsEverySpellingOfTheBase(score: String) throws {
        #expect(try predict(ForestText(baseScore: score), [0, 1]) == 0.25)
    }

    @Test func readsFlagsAsWords() throws {
        #expect(try predict(ForestText(defaults: "[true,false,false]"), [0, .nan]) == 0.25)
    }

    @Test func readsSpacedJSONWithEscapesAndUnknownMembers() throws {
        let text = ForestText().text
            .replacing(":", with: " :\n\t").replacing("reg :\n\tsquarederror", with: "reg\\u003asquarederror")
            .replacing("\"attributes\"", with: #""new\u00e9\ud83d\ude00" : [null, {"a":[-1.5e+3]}], "attributes""#)
        let document = try XGBoostDocument(Array(text.utf8), owner: "model/test")
        #expect(document.objective == "reg:squarederror")
        #expect(document.forest.value([0, 1]) == 0.25)
    }

    @Test func appliesTheLogisticFunction() throws {
        let value = try predict(ForestText(baseScore: "5E-1", objective: "binary:logistic"), [0, 1])
        #expect(abs(value - 0.437_823_5) < 1e-6)
        let extreme = ForestText(objective: "binary:logistic", conditions: "[1.5,-1E3,7.5E-1]")
        let low = try predict(extreme, [0, 1])
        #expect(low >= 0 && low < 1e-37)
    }

    @Test func readsEveryFloatBack() throws {
        var numbers = Sequence64(state: 5)
        for _ in 0..<20_000 {
            let bits = UInt32(truncatingIfNeeded: Int(numbers.next() * 4_294_967_296))
            let value = Float(bitPattern: bits)
            guard value.isFinite else { continue }
            let text = ForestText(conditions: "[1.5E0,\(value),7.5E-1]", defaults: "[0,0,0]")
            #expect(try predict(ForestText(baseScore: "-0.0", conditions: text.conditions), [0, 1]) == value)
        }
    }

    @Test(arguments: [
        "1.00000005960464477539062", "1.0000000596046448", "1.00000005960464478", "8388608.5", "8388609.5", "16777217",
        "3.4028235E38", "1.4E-45", "1.17549435E-38", "0.1", "123456789012345678901234567890", "5E-324", "1e-400",
    ])
    func roundsToTheNearestFloat(number: String) throws { try expectNearest(number) }

    @Test func roundsALongNumberToTheNearestFloat() throws {
        try expectNearest("0." + String(repeating: "3", count: 2000))
    }

    private func expectNearest(_ number: String) throws {
        let text = ForestText(baseScore: "0", conditions: "[1.5E0,\(number),7.5E-1]")
        #expect(try predict(text, [0, 1]) == Float(number))
    }

    @Test func namesWhatItDoesNotRead() async {
        let cases: [(ForestText, String)] = [
            (ForestText(objective: "rank:ndcg"), "'objective' is 'rank:ndcg'"),
            (ForestText(booster: "dart"), "'booster' is 'dart'"),
            (ForestText(booster: "gblinear"), "'booster' is 'gblinear'"),
            (ForestText(classes: "3"), "'num_class' is '3'"),
            (ForestText(leafSize: "2"), "'size_leaf_vector' is '2'"),
            (ForestText(categories: "[1,2]"), "'categories'"),
            (ForestText(groups: "[1]"), "'tree_info'"),
        ]
        for (text, what) in cases {
            let error = await fault { _ = try XGBoostDocument(text.bytes, owner: "model/test") }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
            #expect(error?.message.hasPrefix("model/test: ") == true)
        }
    }

    @Test func refusesWhatCannotBe() async {
        let cases = [
            ForestText(baseScore: "NaN"), ForestText(baseScore: ""), ForestText(baseScore: "[]"),
            ForestText(baseScore: "[1,2]"), ForestText(baseScore: "2", objective: "binary:logistic"),
            ForestText(features: "0"), ForestText(features: "-4"), ForestText(features: "99999999999999999999"),
            ForestText(features: "1"), ForestText(left: "[1,-1]"), ForestText(left: "[99999999999,-1,-1]"),
            ForestText(left: "[1.5,-1,-1]"), ForestText(right: "[0,-1,-1]"), ForestText(right: "[3,-1,-1]"),
            ForestText(indices: "[2,0,0]"), ForestText(conditions: "[NaN,0,0]"), ForestText(conditions: "[0,1e99,0]"),
            ForestText(conditions: "[0,1e,0]"), ForestText(conditions: "[0,.5,0]"), ForestText(defaults: "[2,0,0]"),
            ForestText(treeCount: "2"),
        ]
        for text in cases {
            let error = await fault { _ = try XGBoostDocument(text.bytes, owner: "model/test") }
            #expect(error?.code == .corrupted, "\(text.text)")
        }
    }

    @Test func refusesAFileCutAtAnyByte() async {
        let whole = ForestText().bytes
        for count in 0..<whole.count {
            let error = await fault { _ = try XGBoostDocument(Array(whole[..<count]), owner: "model/test") }
            #expect(error?.code == .corrupted)
        }
    }

    @Test func survivesRandomBytesAndFlippedBytes() {
        var numbers = Sequence64(state: 99)
        let whole = ForestText().bytes
        for round in 0..<20_000 {
            var bytes = whole
            if round % 4 == 0 {
                bytes = (0..<Int(numbers.next() * 200)).map { _ in UInt8(numbers.next() * 256) }
            } else {
                for _ in 0..<1 + round % 3 {
                    bytes[Int(numbers.next() * Double(whole.count))] = UInt8(numbers.next() * 256)
                }
            }
            guard let forest = try? XGBoostDocument(bytes, owner: "model/test").forest else { continue }
            let row = [Double](repeating: 0.5, count: forest.featureCount)
            #expect(!forest.value(row).isNaN)
        }
    }

    @Test(arguments: ["[", "{\"a\":"]) func refusesNestingWithoutEnd(opening: String) async {
        let bytes = Array("{\"x\":".utf8) + Array(String(repeating: opening, count: 100_000).utf8)
        let error = await fault { _ = try XGBoostDocument(bytes, owner: "model/test") }
        #expect(error?.message.contains("at most 64 levels") == true)
    }
}
