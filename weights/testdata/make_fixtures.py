#!/usr/bin/python3
"""Makes the small weight files beside this script, which the readers' tests read. The values are conv1_1's alone, from a closed
form that the tests repeat: weight i is ((37 i) mod 101 - 50) / 16, bias i is (i - 32) / 8; exact in half precision too.

Needs: apt-get install -y python3-numpy python3-h5py. Python 2's pickles are imitated: bytes written as its strings.
"""
import io, os, pickle
import numpy as np, h5py

HERE = os.path.dirname(os.path.abspath(__file__))
weight = (((37 * np.arange(3 * 3 * 3 * 64)) % 101 - 50) / 16).astype('f4').reshape(3, 3, 3, 64)
bias = ((np.arange(64) - 32) / 8).astype('f4')


class Python2Pickler(pickle._Pickler):
    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, data):
        if self.proto == 0:
            text = "'" + ''.join(python2_repr(c) for c in data) + "'"
            self.write(b'S' + text.encode('ascii') + b'\n')
        elif len(data) < 256:
            self.write(b'U' + bytes([len(data)]) + data)
        else:
            self.write(b'T' + len(data).to_bytes(4, 'little') + data)
        self.memoize(data)
    dispatch[bytes] = save_bytes


def python2_repr(c):
    named = {10: '\\n', 13: '\\r', 9: '\\t', 92: '\\\\', 39: "\\'"}
    return named.get(c) or (chr(c) if 32 <= c < 127 else f'\\x{c:02x}')


def save(name, protocol, key=b'conv1_1', arrays=(weight, bias), pickler=pickle._Pickler, patch=None, wrap=True):
    value = {key: list(arrays)}
    body = io.BytesIO()
    pickler(body, protocol=protocol).dump(np.array(value, dtype=object) if wrap else value)
    data = body.getvalue()
    if patch:
        data = data.replace(*patch)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {'descr': '|O', 'fortran_order': False, 'shape': ()})
    with open(os.path.join(HERE, name), 'wb') as f:
        f.write(header.getvalue() + data)


for protocol in range(6):
    save(f'python3_protocol{protocol}.npy', protocol, key='conv1_1')
save('python3_bytes_keys.npy', 2)
for protocol in range(3):
    save(f'python2_protocol{protocol}.npy', protocol, pickler=Python2Pickler)
save('numpy2_names.npy', 2, pickler=Python2Pickler, patch=(b'numpy.core.multiarray', b'numpy._core.multiarray'))
save('float64_big_endian.npy', 4, arrays=(weight.astype('>f8'), bias.astype('>f8')))
save('float16_fortran.npy', 4, arrays=(np.asfortranarray(weight.astype('f2')), bias.astype('f2')))


class Evil:
    def __reduce__(self):
        return os.system, ('true',)


save('asks_for_code.npy', 2, arrays=(Evil(), bias))
np.savez(os.path.join(HERE, 'stored.npz'), conv1_1_W=weight, conv1_1_b=bias)
np.savez_compressed(os.path.join(HERE, 'deflated.npz'), conv1_1_W=weight.astype('f8'), conv1_1_b=bias)
for name, weight_name, bias_name, root, compression in (
        ('keras.h5', 'block1_conv1_W_1:0', 'block1_conv1_b_1:0', '', None),
        ('keras_newer.h5', 'block1_conv1/kernel:0', 'block1_conv1/bias:0', 'model_weights/', 'gzip')):
    with h5py.File(os.path.join(HERE, name), 'w') as f:
        group = f.create_group(root + 'block1_conv1')
        group.attrs['weight_names'] = [weight_name.encode(), bias_name.encode()]
        group.create_dataset(weight_name, data=weight, compression=compression)
        group.create_dataset(bias_name, data=bias)
