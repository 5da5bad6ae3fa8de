"""Kuzushiji-MNIST (Clanuwat et al., 2018): cursive Japanese characters in the format of MNIST."""

from aecore.idx import IdxSource


class Kmnist(IdxSource):
    title = "Kuzushiji-MNIST"
    summary = "Cursive hiragana, 28 x 28: 60,000 to train on and 10,000 held out. Downloaded once, 21 MB."
    class_names = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    address = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"
    # Of the compressed files: these alone are published.
    md5 = {
        "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
        "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
        "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
    }
