def scaffold(contract, bundle, root, api_name, api_version):
    raise NotImplementedError
