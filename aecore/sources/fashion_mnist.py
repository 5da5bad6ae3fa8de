"""Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): garments in the format of MNIST."""

from aecore.idx import IdxSource


class FashionMnist(IdxSource):
    title = "Fashion-MNIST"
    summary = "Garments, 28 x 28: 60,000 to train on and 10,000 held out. Downloaded once, 30 MB."
    class_names = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    address = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
    md5 = {
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    }
