import Foundation
import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

/// What waits on disk comes back as it was written, or is told.
@Suite struct SpillFolderTests {
    private static func texts(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("item \($0)".utf8) } }

    @Test func comesBackInOrderAndLeavesNoFile() throws {
        let folder = try TemporaryFolder()
        let spill = SpillFolder(path: folder.file("spill"))
        for text in Self.texts(100) { #expect(try spill.append(text, limit: .max)) }
        for text in Self.texts(100) { #expect(try spill.next() == text) }
        #expect(try spill.next() == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("spill")).isEmpty)
    }

    @Test(arguments: ["flipped", "cut", "emptied"]) func whatTheDiskChangedIsTold(how: String) throws {
        let folder = try TemporaryFolder()
        let spill = SpillFolder(path: folder.file("spill"))
        for text in Self.texts(3) { #expect(try spill.append(text, limit: .max)) }
        #expect(try spill.next() == Self.texts(1)[0])
        let file = try FileHandle(forUpdating: URL(filePath: folder.file("spill/0")))
        let size = try file.seekToEnd()
        switch how {
        case "flipped":
            try file.seek(toOffset: size * 2 / 3 - 1)
            try file.write(contentsOf: [0xFF])
        case "cut": try file.truncate(atOffset: size * 2 / 3 - 1)
        default: try file.truncate(atOffset: 0)
        }
        let error = #expect(throws: PluginError.self) { try spill.next() }
        #expect(error?.code == .corrupted)
        spill.clear()
        #expect(try spill.append([1], limit: .max))
        #expect(try spill.next() == [1])
    }

    @Test func takesNoMoreThanItsLimit() throws {
        let folder = try TemporaryFolder()
        let spill = SpillFolder(path: folder.file("spill"))
        #expect(try spill.append(Array(repeating: 1, count: 1_000), limit: 1_500))
        #expect(try !spill.append(Array(repeating: 1, count: 1_000), limit: 1_500))
    }
}
