import Catalogue
import Checkpoints
import Files

/// Why a file was not taken in, in words for the operator.
struct ImportFailure: Error, CustomStringConvertible {
  let file: String
  let reason: String

  var description: String { "\(file): \(reason)" }
}

extension CheckpointError {
  var words: String {
    switch self {
    case .unreadable(let error): "\(error.path) cannot be read: \(error.reason)"
    case .malformed(let error): "the file is damaged: \(error)"
    case .foreign(let format): format.words
    case .truncated(let bytes, let needed):
      "the file is cut short: it has \(bytes) bytes and needs \(needed)"
    case .malformedArchive(let offset, let expected):
      "the ZIP archive is damaged: no \(expected) at byte \(offset)"
    case .malformedPickle(let offset, let expected):
      "the pickle is damaged: no \(expected) before byte \(offset)"
    case .unknownInstruction(let offset, let code):
      "the pickle has instruction \(code) at byte \(offset), which no checkpoint needs"
    case .refusedCall(let symbol):
      "the file asks Python to call \(symbol), which no checkpoint needs; nothing was called, "
        + "and the file is not used"
    case .limitExceeded(let limit, let count):
      "the file exceeds a limit: \(count) \(limit), of which \(limit.value) are read"
    case .noTensors:
      "there is no dictionary of tensors in it; of a whole module, save its state_dict()"
    case .missing(let tensor): "the tensor \(tensor) is missing"
    case .wrongShape(let tensor, let wanted, let found):
      "the tensor \(tensor) has the shape \(found), not \(wanted)"
    case .notConvertible(let tensor, let dataType):
      "the tensor \(tensor) holds \(dataType), which has no conversion to float32"
    case .foreignTensor(let tensor, let symbol):
      "the tensor \(tensor) is of a kind that is not read, \(symbol)"
    case .outsideStorage(let tensor, let available):
      "the tensor \(tensor) reaches outside of its storage of \(available) elements"
    case .missingStorage(let key): "the storage \(key) is missing"
    case .wrongStorageSize(let key, let wanted, let found):
      "the storage \(key) has \(found) bytes, not \(wanted)"
    case .badShard(let name): "the index names \(name), which is no safetensors file beside it"
    case .unfitCard(let name): "the card \(name) describes no model of the family that it names"
    }
  }
}

extension ForeignFormat {
  fileprivate var words: String {
    switch self {
    case .empty: "the file is empty"
    case .gitLFS: "this is git-lfs's pointer to a file; `git lfs pull` gets the file itself"
    case .hdf5: "this is an HDF5 file; checkpoints are read from safetensors and PyTorch's files"
    case .npy: "this is a single NumPy array"
    case .otherZIP: "this is a ZIP archive without a pickle of PyTorch's"
    case .pickle: "this is a pickle that PyTorch did not write"
    case .tar: "this file is older than PyTorch 0.2; load it there and save it again"
    case .torchScript: "this is a TorchScript program; save the model's state_dict() instead"
    case .unknown: "this is neither a safetensors file nor one that PyTorch wrote"
    }
  }
}

extension CatalogueError {
  var words: String {
    switch self {
    case .checkpoint(let error): error.words
    case .sameName(let name, let files):
      "\(files.joined(separator: " and ")) are both the tensor \(name)"
    case .unrecognised(let nearest):
      "no model that is known has these tensors" + (nearest.map { "; \($0.words)" } ?? "")
    case .doesNotFit(let mismatch): mismatch.words
    case .unknownCard(let name): "there is no model \(name); eyepiece models list names them all"
    case .notAHead(let tensors):
      "a linear head is a weight, [classes, channels], and a bias, [classes], and nothing else; "
        + "this file holds \(tensors.summary)"
    case .wrongHead(let name, let wanted, let found) where wanted.isEmpty:
      "\(name) has no class token, or has a decoder: no head of \(found) channels can be put on it"
    case .wrongHead(let name, let wanted, let found):
      "the head multiplies \(found) channels; one for \(name) multiplies "
        + wanted.map { "\($0)" }.joined(separator: ", ")
    case .headOfOtherVectors(let name, let wanted, let found):
      "the head was learnt with \(name)=\(found); a model wears one of its class tokens, "
        + "\(name)=\(wanted). PUT /classifiers/{id} takes it as it is"
    case .exists(let name): "there is a model \(name); --replace replaces it, --name names another"
    case .badName(let name):
      "\"\(name)\" is no model's name: letters, digits, dots, dashes and underscores"
    case .unwritable(let error): "\(error.path) cannot be written: \(error.reason)"
    }
  }
}

extension Mismatch {
  /// The first few of each kind of difference.
  fileprivate var words: String {
    var lines = ["the nearest is \(card), which differs in \(count) tensors:"]
    lines += misshapen.prefix(8).map {
      "  \($0.tensor) has the shape \($0.found), not \($0.wanted)"
    }
    lines += missing.prefix(8).map { "  \($0) is missing" }
    lines += unexpected.prefix(8).map { "  \($0) is not known" }
    return lines.joined(separator: "\n")
  }
}

extension Checkpoint.Format {
  var words: String {
    switch self {
    case .safetensors: "safetensors"
    case .shards(let count): "safetensors in \(count) shards"
    case .pytorch(.archive): "PyTorch's archive"
    case .pytorch(.stream): "PyTorch's old stream"
    }
  }
}
