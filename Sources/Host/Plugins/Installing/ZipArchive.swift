import PluginKit

/// A `.zip` of a plugin: every entry is checked before the first is unpacked, by the library of Python.
struct ZipArchive {
    /// The file.
    let path: String

    /// Unpacks into a new folder; refuses what leaves it, links, and what is over the limits of a plugin.
    func extract(to folder: String) throws(PluginFault) {
        try FileTree.makeFolders(folder)
        let output = try ChildCommand(
            program: "python3",
            arguments: ["-I", "-c", Self.script, path, folder, "\(FileTree.sizeLimit)", "\(FileTree.countLimit)"]
        ).run()
        guard output.isEmpty else {
            throw PluginFault(
                .unsafe,
                "\(PluginError.quoted(path)): its entry \(PluginError.quoted(output.split(separator: "\n").first ?? "")); "
                    + "allowed files and folders inside the archive's own. Nothing was unpacked; make the archive again."
            )
        }
    }

    /// Says the first entry that is refused, or unpacks; sizes are counted again while unpacking, since headers can lie.
    private static let script = """
        import os, stat, sys, zipfile
        path, target, size, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
        def reason(entry):
            name, mode = entry.filename, entry.external_attr >> 16
            if name.startswith("/") or ".." in name.split("/") or "\\\\" in name or any(ord(c) < 32 or ord(c) == 127 for c in name):
                return "leaves the folder or has unusual characters"
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                return "is a link or a device"
            if entry.flag_bits & 1:
                return "is encrypted"
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            for entry in entries:
                if reason(entry):
                    print(repr(entry.filename), reason(entry)); sys.exit()
            if len(entries) > count or sum(entry.file_size for entry in entries) > size:
                print("list goes over the limits of a plugin"); sys.exit()
            for entry in entries:
                place = os.path.join(target, entry.filename)
                if entry.is_dir():
                    os.makedirs(place, exist_ok=True); continue
                os.makedirs(os.path.dirname(place), exist_ok=True)
                mode = 0o755 if (entry.external_attr >> 16) & 0o111 else 0o644
                with archive.open(entry) as source, os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                    while chunk := source.read(1 << 16):
                        size -= len(chunk)
                        if size < 0: sys.exit("the archive is larger than it says")
                        file.write(chunk)
        """
}
