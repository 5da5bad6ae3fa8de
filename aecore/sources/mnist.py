"""MNIST, in full (LeCun, Cortes and Burges, 1998)."""

from aecore.idx import IdxSource


class Mnist(IdxSource):
    title = "MNIST"
    summary = "Handwritten digits, 28 x 28: 60,000 to train on and 10,000 held out. Downloaded once, 11 MB."
    class_names = tuple("0123456789")
    address = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    md5 = {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }
