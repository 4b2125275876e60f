import Glibc

/// A file's bytes, mapped for reading.
///
/// Everything that is handed out is a copy, and the pages that it was made from are given back: a
/// model's file is never wholly in memory beside the model. A file that another process shortens
/// between the mapping and the copy still ends this process with SIGBUS: no check can close that
/// window, so weights are replaced by renaming, as `Weights/fetch` does, and never rewritten in
/// place.
// SAFETY: the mapping is private, never written to, and lives exactly as long as this object.
@safe package final class MappedFile: @unchecked Sendable {
  package let count: Int
  private let memory: UnsafeRawBufferPointer

  package init(path: String) throws(CheckpointError) {
    // A pipe without a writer would block `open`; it is refused below.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    count = Int(status.st_size)
    guard count > 0 else {
      // Nothing can be mapped, and nothing needs to be.
      unsafe memory = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    // SAFETY: a fresh mapping of a regular file's whole length; failure is MAP_FAILED, tested.
    let address = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw .unreadable(path: path, code: errno)
    }
    unsafe memory = UnsafeRawBufferPointer(start: address, count: count)
  }

  deinit {
    // SAFETY: the mapping made in `init`, undone once.
    if count > 0 { unsafe munmap(UnsafeMutableRawPointer(mutating: memory.baseAddress), count) }
  }

  /// A copy of a range of bytes taken as little-endian elements, from any alignment.
  ///
  /// The range lies inside the file and its length is a multiple of the element's size.
  package func elements<Element: BitwiseCopyable>(
    of type: Element.Type, in range: Range<Int>
  ) -> [Element] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) bytes")
    let stride = MemoryLayout<Element>.stride
    precondition(range.count % stride == 0, "\(range.count) bytes in elements of \(stride)")
    defer { giveBack(range) }
    // SAFETY: the range is inside the mapping, the array has room for exactly its bytes, and the
    // callers' element types hold any bit pattern.
    return unsafe Array(unsafeUninitializedCapacity: range.count / stride) { buffer, initialized in
      unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: memory[range]))
      initialized = range.count / stride
    }
  }

  /// Lets go of the whole pages of a range; the file still has them.
  private func giveBack(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let first = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    guard first < end else { return }
    // SAFETY: whole pages inside a mapping that nobody writes to: reading one again maps it again.
    let pages = unsafe UnsafeRawBufferPointer(rebasing: memory[first..<end])
    unsafe madvise(UnsafeMutableRawPointer(mutating: pages.baseAddress), pages.count, MADV_DONTNEED)
  }
}
