import FileOutput
import Foundation
import Glibc
import PluginKit
import TestSupport
import Testing

@Suite struct FileOutputTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func append(_ text: String, to file: AppendFile) throws { try file.append(Array(text.utf8)) }

    @Test func appendsToWhatIsThere() throws {
        try folder.write("one\n", to: "a")
        let file = try AppendFile(path: folder.file("a"), who: "sink/keep")
        try append("two\n", to: file)
        try file.sync()
        #expect(try folder.text("a") == "one\ntwo\n")
        #expect(file.size == 8)
    }

    @Test(arguments: [("one\ntwo\nthr", "one\ntwo\n"), ("torn", ""), ("", ""), ("one\n", "one\n")])
    func cutsATornLastLine(before: String, after: String) throws {
        try folder.write(before, to: "a")
        let file = try AppendFile(path: folder.file("a"), who: "sink/keep")
        #expect(file.repairedBytes == before.utf8.count - after.utf8.count)
        #expect(try folder.text("a") == after)
    }

    @Test func findsTheLastLineEndFarBack() throws {
        let torn = String(repeating: "x", count: 200_000)
        try folder.write("one\n" + torn, to: "a")
        #expect(try AppendFile(path: folder.file("a"), who: "sink/keep").repairedBytes == 200_000)
        #expect(try folder.text("a") == "one\n")
    }

    @Test func takesBackAWriteThatWasCutShort() throws {
        let limit = 30
        let file = try AppendFile(path: folder.file("a"), who: "sink/keep") { descriptor, bytes, count in
            let room = limit - Int(lseek(descriptor, 0, SEEK_END))
            guard room > 0 else {
                errno = ENOSPC
                return -1
            }
            return Glibc.write(descriptor, bytes, min(count, room))
        }
        try append("0123456789\n", to: file)
        for _ in 0..<2 {
            let error = #expect(throws: PluginError.self) { try append("line one\nline two\nline three\n", to: file) }
            #expect(error?.code == .environment)
            #expect(error?.message.contains("'\(folder.file("a"))' cannot be written: No space left") == true)
            #expect(try folder.text("a") == "0123456789\n")
        }
        try append("fits\n", to: file)
        #expect(try folder.text("a") == "0123456789\nfits\n")
    }

    @Test func goesOnAfterAnInterruptedWrite() throws {
        let calls = Counter()
        let file = try AppendFile(path: folder.file("a"), who: "sink/keep") { descriptor, bytes, count in
            guard calls.next() % 2 == 0 else {
                errno = EINTR
                return -1
            }
            return Glibc.write(descriptor, bytes, min(count, 3))
        }
        try append("0123456789\n", to: file)
        #expect(try folder.text("a") == "0123456789\n")
    }

    @Test func namesADeviceThatIsFull() throws {
        let file = try AppendFile(path: "/dev/full", who: "sink/keep")
        let error = #expect(throws: PluginError.self) { try append("line\n", to: file) }
        #expect(error?.code == .environment)
        let fact = "sink/keep: '/dev/full' cannot be written: No space left on device."
        let remedy = "What was stored before is whole. Free space, or choose a path on another disk."
        #expect(error?.message == "\(fact) \(remedy)")
    }

    @Test(.enabled(if: SmallDisk.isAvailable, "needs root and the right to mount a tmpfs"))
    func keepsWholeLinesOnAFullDisk() throws {
        let disk = try #require(SmallDisk())
        let file = try AppendFile(path: disk.folder.file("a"), who: "sink/keep")
        let line = String(repeating: "x", count: 999) + "\n"
        var written = 0
        var error: PluginError?
        while error == nil, written < 1_000 {
            do {
                try append(String(repeating: line, count: 3), to: file)
                written += 3
            } catch let fault as PluginError { error = fault }
        }
        #expect(error?.message.contains("No space left") == true)
        #expect(written > 0)
        #expect(try disk.folder.text("a") == String(repeating: line, count: written))
    }

    @Test func opensAFileAnewThatSomebodyMoved() throws {
        let files = RecordFiles(who: "sink/keep", folder: folder.path, rotateBytes: nil)
        try files.append(Array("1\n".utf8), to: "a.csv", header: Array("n\n".utf8))
        try FileManager.default.moveItem(atPath: folder.file("a.csv"), toPath: folder.file("moved"))
        try files.append(Array("2\n".utf8), to: "a.csv", header: Array("n\n".utf8))
        #expect(try folder.text("moved") == "n\n1\n")
        #expect(try folder.text("a.csv") == "n\n2\n")
    }

    @Test func aFileThatIsRemovedWhileItIsWrittenIsToldAndNoRowIsLostOrDoubled() throws {
        let files = RecordFiles(who: "sink/keep", folder: folder.path, rotateBytes: nil)
        func append(_ row: String, to names: String...) throws {
            for name in names { try files.append(Array("\(row)\n".utf8), to: name, header: Array("n\n".utf8)) }
        }
        try append("1", to: "a.csv", "b.csv")
        try files.sync()
        try append("2", to: "a.csv", "b.csv")
        try FileManager.default.removeItem(atPath: folder.file("a.csv"))
        let fault = #expect(throws: PluginError.self) { try files.sync() }
        #expect(fault?.code == .corrupted)
        #expect(fault?.message.hasPrefix("sink/keep: '\(folder.file("a.csv"))' was removed") == true)
        // What was not confirmed is written again, to both.
        #expect(try folder.text("b.csv") == "n\n1\n")
        try append("2", to: "a.csv", "b.csv")
        try files.sync()
        #expect(try folder.text("a.csv") == "n\n2\n")
        #expect(try folder.text("b.csv") == "n\n1\n2\n")
        try append("3", to: "b.csv")
        try folder.write("", to: "b.csv")
        #expect(throws: PluginError.self) { try append("4", to: "b.csv") }
        #expect(throws: PluginError.self) { try files.sync() }
        try append("3", to: "b.csv")
        try append("4", to: "b.csv")
        try files.sync()
        #expect(try folder.text("b.csv") == "n\n3\n4\n")
    }

    @Test func saysOfAFileThatIsGoneThatItsRowsAre() throws {
        func write(_ names: String...) throws -> [RecordFiles.Note] {
            let files = RecordFiles(
                who: "sink/keep", folder: folder.file("out"), rotateBytes: nil, list: folder.file("files.txt"))
            for name in names { try files.append(Array("1\n".utf8), to: name) }
            return files.takeNotes()
        }
        #expect(try write("a.csv", "b.csv").isEmpty)
        // A kind of record that is new has lost nothing.
        #expect(try write("a.csv", "b.csv", "c.csv").isEmpty)
        try FileManager.default.removeItem(atPath: folder.file("out/b.csv"))
        let notes = try write("a.csv", "b.csv")
        #expect(notes.count == 1 && notes.first?.isLoss == true)
        #expect(notes.first?.data["file"]?.hasSuffix("out/b.csv") == true)
        #expect(try write("a.csv", "b.csv").isEmpty)
        // All files moved away is how everything is asked for again; a file that was set aside is there.
        try FileManager.default.removeItem(atPath: folder.file("out"))
        #expect(try write("a.csv", "b.csv").isEmpty)
        try FileManager.default.moveItem(atPath: folder.file("out/b.csv"), toPath: folder.file("out/b.csv.1"))
        #expect(try write("a.csv", "b.csv").isEmpty)
    }

    @Test func makesFoldersThatAreMissing() throws {
        try FilePaths.makeFolder(folder.file("a/b/c"), who: "sink/keep")
        try FilePaths.makeFolder(folder.file("a/b/c/"), who: "sink/keep")
        #expect(FilePaths.isFolder(folder.file("a/b/c")))
        try folder.write("", to: "file")
        for path in [folder.file("file"), folder.file("file/under"), "/proc/none/under"] {
            let error = #expect(throws: PluginError.self) { try FilePaths.makeFolder(path, who: "sink/keep") }
            #expect(error?.code == .environment)
        }
    }

    @Test func neverOverwritesWhatItSetsAside() throws {
        for number in 1...3 {
            try folder.write("\(number)", to: "a")
            #expect(try FilePaths.setAside(folder.file("a"), separator: ".", who: "x") == folder.file("a.\(number)"))
        }
        #expect(try folder.names() == ["a.1", "a.2", "a.3"])
    }

    @Test(
        arguments: [
            ("/var/out", "/var/out", nil), ("/var/out/", "/var/out", nil), ("/var/out/all.csv", "/var/out", "all.csv"),
            ("all.csv", ".", "all.csv"), ("/all.csv", "/", "all.csv"),
        ] as [(String, String, String?)]) func tellsAFileFromAFolder(path: String, folder: String, file: String?)
    {
        let output = OutputPath(path, endings: [".csv"])
        #expect(output.folder == folder)
        #expect(output.fileName == file)
    }
}
